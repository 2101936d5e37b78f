//! The shim as a program of its own, which the tests start. The server's own binary calls the same
//! function.

fn main() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|a| a == rolecall_engine::SHIM_ARG) {
        std::process::exit(rolecall_engine::shim_main(args));
    }
    std::process::exit(2);
}
