//! The engine's shim as a program of its own: what tests and benchmarks start. The server does not
//! need it: its own binary calls the same function.

fn main() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|a| a == rolecall_engine::SHIM_ARG) {
        std::process::exit(rolecall_engine::shim_main(args));
    }
    std::process::exit(2);
}
