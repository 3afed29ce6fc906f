//! Link options of the `pacto` binary.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A position-independent executable relocates about 14,000 addresses at every start, which costs more than all
    // the rest of a short command; stack, heap and libraries are still placed at random. Decision: docs/architecture.md.
    let env = |name: &str| std::env::var(name).unwrap_or_default();
    if env("CARGO_CFG_TARGET_OS") == "linux"
        && env("CARGO_CFG_TARGET_ENV") == "gnu"
        && env("PROFILE") == "release"
    {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
