//! The `pacto` command.

fn main() -> std::process::ExitCode {
    pacto_cli::main()
}
