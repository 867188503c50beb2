//! `serve`: the loop over the lines from the harness, on the live clock until one asks for lockstep.

use std::io::{self, BufReader};
use std::process;

use tokio::runtime::Runtime;

use crate::library::Library;
use crate::lockstep;
use crate::log;
use crate::output::Output;
use crate::request::{Request, next_line};
use crate::server::Server;

/// Serves the harness until `bye` or the end of stdin, and ends the process.
pub fn serve<L: Library>() -> ! {
    log::to_stderr();
    let server = Server::<L>::live(Output::to(io::stdout()));
    let runtime = Runtime::new().expect("threads for the tasks");
    let inside = runtime.enter();
    let mut stdin = BufReader::new(io::stdin());
    while let Some(line) = next_line(&mut stdin) {
        let request = Request::parse(&line);
        if request.as_ref().is_ok_and(|request| server.leaves_for_lockstep(request)) {
            server.out.flush();
            drop(inside);
            drop(runtime);
            lockstep::serve::<L>(line, stdin, io::stdout());
            process::exit(0)
        }
        if !server.handle(request) {
            break;
        }
    }
    server.out.flush();
    drop(inside);
    // Calls that wait are given up with the process.
    process::exit(0)
}
