//! The `pacto-operator` program.

/// Gives memory back; that of the system keeps what many threads freed.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    pacto_operator::main()
}
