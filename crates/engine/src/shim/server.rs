//! The shim's loop: one thread, poll(2) over everything, no waiting anywhere else.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitOptions, WaitStatus};

use super::container::{Asker, Container, Run, eprint_log, pipe};
use super::execs::Exec;
use super::helper::{self, Helper, Outcome};
use super::io::Client;
use crate::cgroup::TaskCgroup;
use crate::error::{EngineError, FileContext, Result, chain};
use crate::ids::ContainerName;
use crate::layout::{TaskDirs, read_record};
use crate::protocol::{Call, ContainerStatus, ExecOutput, Message, Phase, Request, ShimArgs};
use crate::runtime::{self, Output, Runtime};
use crate::sys;

/// A runtime that needs longer than this for one step hangs.
const HELPER_PATIENCE: Duration = Duration::from_secs(60);

struct Shim {
    args: ShimArgs,
    dirs: TaskDirs,
    cgroup: TaskCgroup,
    runtime: Box<dyn Runtime>,
    runtime_state: PathBuf,
    containers: BTreeMap<ContainerName, Container>,
    clients: Vec<Client>,
    next_client: u64,
    helpers: Vec<Job>,
    execs: Vec<Exec>,
    /// Children that ended before it was known what they were.
    strangers: HashMap<i32, WaitStatus>,
    shutdown: Option<Asker>,
}

/// A helper and what it does.
struct Job {
    helper: Helper,
    deadline: Instant,
    kind: JobKind,
}

enum JobKind {
    Start {
        container: ContainerName,
        asker: Asker,
    },
    Exec(Box<Exec>),
}

/// What a descriptor of the poll set is.
#[derive(Clone, Copy)]
enum Token {
    Listener,
    Signal,
    Client(u64),
    Pipe(usize, usize),
    Helper(i32),
    Exec(usize),
}

/// Serves until told to shut down.
pub(super) fn serve(args: ShimArgs) -> Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .os("become the reaper")?;
    let signals = sys::child_signal_fd().os("watch for children")?;
    let listener = UnixListener::from(sys::take_stdin().os("take the socket")?);
    listener.set_nonblocking(true).os("take the socket")?;
    let runtime_state = runtime::state_root(&args);
    crate::layout::make_private_dir(&runtime_state)?;
    let mut shim = Shim {
        dirs: TaskDirs {
            data: args.task_dir.clone(),
            run: args.run_dir.clone(),
        },
        cgroup: TaskCgroup::at(&args.cgroup)?,
        runtime: runtime::from_args(&args),
        runtime_state,
        args,
        containers: BTreeMap::new(),
        clients: Vec::new(),
        next_client: 0,
        helpers: Vec::new(),
        execs: Vec::new(),
        strangers: HashMap::new(),
        shutdown: None,
    };
    shim.cgroup.leave_service();
    while !shim.is_done() {
        shim.turn(&listener, &signals)?;
    }
    shim.close()
}

impl Shim {
    /// One round: wait, then serve what is ready.
    fn turn(&mut self, listener: &UnixListener, signals: &OwnedFd) -> Result<()> {
        for token in self.wait(listener, signals)? {
            match token {
                Token::Listener => self.accept(listener),
                Token::Signal => drain(signals),
                Token::Client(id) => self.serve_client(id),
                Token::Pipe(container, index) => {
                    let found = self.containers.values_mut().nth(container);
                    if let Some(run) = found.and_then(|c| c.run.as_mut()) {
                        run.pump(index);
                    }
                }
                Token::Helper(pid) => self.hear_helper(pid),
                Token::Exec(index) => {
                    if let Some(exec) = self.execs.get_mut(index) {
                        exec.pump();
                    }
                }
            }
        }
        // Whatever woke us: children may have ended, time may have passed.
        self.reap();
        self.check_times();
        self.clients.retain(|c| !c.is_closed());
        Ok(())
    }

    fn wait(&self, listener: &UnixListener, signals: &OwnedFd) -> Result<Vec<Token>> {
        let mut watched: Vec<(BorrowedFd<'_>, PollFlags, Token)> = vec![
            (listener.as_fd(), PollFlags::IN, Token::Listener),
            (signals.as_fd(), PollFlags::IN, Token::Signal),
        ];
        for client in &self.clients {
            let write = if client.wants_write() {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            };
            watched.push((
                client.stream.as_fd(),
                PollFlags::IN | write,
                Token::Client(client.id),
            ));
        }
        for (at, container) in self.containers.values().enumerate() {
            for (index, pipe) in container.run.iter().flat_map(|r| &r.pipes).enumerate() {
                if let Some(pipe) = pipe {
                    watched.push((pipe.as_fd(), PollFlags::IN, Token::Pipe(at, index)));
                }
            }
        }
        for job in &self.helpers {
            let token = Token::Helper(job.helper.pid);
            watched.push((job.helper.report().as_fd(), PollFlags::IN, token));
        }
        for (index, exec) in self.execs.iter().enumerate() {
            if let Some(pipe) = &exec.pipe {
                watched.push((pipe.as_fd(), PollFlags::IN, Token::Exec(index)));
            }
        }
        let mut set: Vec<PollFd<'_>> = watched
            .iter()
            .map(|(fd, flags, _)| PollFd::from_borrowed_fd(*fd, *flags))
            .collect();
        match poll(&mut set, self.timeout().as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e).os("wait for events"),
        }
        let ready = set
            .iter()
            .zip(&watched)
            .filter(|(fd, _)| !fd.revents().is_empty());
        Ok(ready.map(|(_, (_, _, token))| *token).collect())
    }

    /// Until the next deadline; None: for ever.
    fn timeout(&self) -> Option<Timespec> {
        let jobs = self.helpers.iter().map(|j| j.deadline);
        let execs = self.execs.iter().filter_map(|e| e.deadline);
        let left = jobs
            .chain(execs)
            .min()?
            .saturating_duration_since(Instant::now());
        // Rounded up, lest the loop spins just before the deadline.
        Timespec::try_from(left + Duration::from_millis(1)).ok()
    }

    fn accept(&mut self, listener: &UnixListener) {
        while let Ok((stream, _)) = listener.accept() {
            self.next_client += 1;
            self.clients.extend(Client::new(self.next_client, stream));
        }
    }

    fn serve_client(&mut self, id: u64) {
        let Some(client) = self.clients.iter_mut().find(|c| c.id == id) else {
            return;
        };
        client.flush();
        for request in client.read() {
            self.handle(id, request);
        }
    }

    fn handle(&mut self, client: u64, request: Request) {
        let asker = (client, request.id);
        let result = match request.call {
            Call::Subscribe => self.subscribe(client).map(|()| true),
            Call::Start { container } => self.start(container, asker).map(|()| false),
            Call::Kill { container, signal } => self.kill(&container, signal).map(|()| true),
            Call::Exec {
                container,
                args,
                timeout_ms,
                output_limit,
            } => self
                .exec(
                    &container,
                    &args,
                    Duration::from_millis(timeout_ms),
                    output_limit,
                    asker,
                )
                .map(|()| false),
            Call::Delete { container } => self.delete(&container, asker),
            Call::Shutdown => {
                self.shut_down(asker);
                Ok(false)
            }
        };
        match result {
            Ok(true) => self.reply(asker, None, None),
            Ok(false) => {}
            Err(error) => self.reply(asker, Some(chain(&error)), None),
        }
    }

    fn reply(&mut self, (client, id): Asker, error: Option<String>, exec: Option<ExecOutput>) {
        if let Some(client) = self.clients.iter_mut().find(|c| c.id == client) {
            client.send(&Message::Reply { id, error, exec });
        }
    }

    fn subscribe(&mut self, id: u64) -> Result<()> {
        let mut all: Vec<ContainerStatus> =
            self.containers.values().map(|c| c.status.clone()).collect();
        for name in self.dirs.container_names()? {
            if !self.containers.contains_key(&name) {
                all.extend(read_record(&self.dirs.container(&name).state())?);
            }
        }
        if let Some(client) = self.clients.iter_mut().find(|c| c.id == id) {
            client.subscribed = true;
            for status in all {
                client.send(&Message::Status { status });
            }
        }
        Ok(())
    }

    fn announce(&mut self, status: &ContainerStatus) {
        for client in self.clients.iter_mut().filter(|c| c.subscribed) {
            client.send(&Message::Status {
                status: status.clone(),
            });
        }
    }

    fn start(&mut self, name: ContainerName, asker: Asker) -> Result<()> {
        let refuse = |text: &str| Err(EngineError::Container(text.to_owned()));
        if self.shutdown.is_some() {
            return refuse("the task is being taken down");
        }
        let dirs = self.dirs.container(&name);
        let container = match self.containers.get_mut(&name) {
            Some(container) => container,
            None => {
                let status: Option<ContainerStatus> = read_record(&dirs.state())?;
                let Some(status) = status else {
                    return Err(EngineError::NoContainer(name));
                };
                let (run, delete) = (None, None);
                let new = Container {
                    status,
                    dirs: dirs.clone(),
                    run,
                    delete,
                };
                self.containers.entry(name.clone()).or_insert(new)
            }
        };
        if container.run.is_some() {
            return refuse("the container runs already");
        }
        let plan: Option<crate::bundle::Plan> = read_record(&dirs.plan())?;
        let console = plan
            .is_some_and(|p| p.tty)
            .then(|| self.args.run_dir.join("console.sock"));
        let (run, output) = Run::prepare(&dirs, self.args.log_limit_bytes, console)?;
        let (runtime, cgroup, socket) = (&*self.runtime, &self.cgroup, run.console_path());
        let work = || helper::start(runtime, cgroup, &name, &dirs, output, socket);
        let helper = Helper::spawn(work)?;
        container.status.run += 1;
        container.status.started_at_us = None;
        container.status.exit = None;
        container.status.error = None;
        container.run = Some(run);
        let deadline = Instant::now() + HELPER_PATIENCE;
        let kind = JobKind::Start {
            container: name,
            asker,
        };
        self.helpers.push(Job {
            helper,
            deadline,
            kind,
        });
        Ok(())
    }

    fn exec(
        &mut self,
        name: &ContainerName,
        args: &[String],
        timeout: Duration,
        limit: usize,
        asker: Asker,
    ) -> Result<()> {
        let running = self
            .containers
            .get(name)
            .filter(|c| c.status.phase == Phase::Running);
        let Some(container) = running else {
            return Err(EngineError::Container(format!(
                "container {name} is not running"
            )));
        };
        let (read, stdout) = pipe()?;
        let stderr = stdout.try_clone().os("make a pipe")?;
        let output = Output { stdout, stderr };
        let (runtime, dirs) = (&*self.runtime, &container.dirs);
        let helper = Helper::spawn(|| helper::exec(runtime, name, dirs, args, output))?;
        let now = Instant::now();
        let exec = Exec::new(asker, read, now.checked_add(timeout), limit);
        let kind = JobKind::Exec(Box::new(exec));
        self.helpers.push(Job {
            helper,
            deadline: now + HELPER_PATIENCE,
            kind,
        });
        Ok(())
    }

    fn kill(&mut self, name: &ContainerName, signal: i32) -> Result<()> {
        let container = self.containers.get_mut(name);
        match container {
            Some(Container {
                status: ContainerStatus { pid: Some(pid), .. },
                ..
            }) => match sys::kill(*pid, signal) {
                Err(e) if e.raw_os_error() != Some(libc::ESRCH) => Err(e).os("send a signal"),
                _ => Ok(()),
            },
            Some(Container { run: Some(run), .. }) => {
                run.early_signals.push(signal);
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(EngineError::Container(format!(
                "container {name} was not started"
            ))),
        }
    }

    /// True if it is gone at once, false if that takes its death.
    fn delete(&mut self, name: &ContainerName, asker: Asker) -> Result<bool> {
        let Some(container) = self.containers.get_mut(name) else {
            return Ok(true);
        };
        if container.run.is_none() {
            self.containers.remove(name);
            return Ok(true);
        }
        container.delete = Some(asker);
        self.kill(name, libc::SIGKILL)?;
        Ok(false)
    }

    fn shut_down(&mut self, asker: Asker) {
        self.shutdown = Some(asker);
        let names: Vec<ContainerName> = self.containers.keys().cloned().collect();
        for name in names {
            if let Err(error) = self.kill(&name, libc::SIGKILL) {
                eprint_log(&chain(&error));
            }
        }
    }

    fn is_done(&self) -> bool {
        self.shutdown.is_some()
            && self.helpers.is_empty()
            && self.containers.values().all(|c| c.run.is_none())
    }

    fn close(mut self) -> Result<()> {
        let removed = self.cgroup.remove();
        if let Some(asker) = self.shutdown {
            let error = removed.as_ref().err().map(|e| chain(e));
            self.reply(asker, error, None);
        }
        self.clients.into_iter().for_each(Client::finish);
        removed
    }

    fn hear_helper(&mut self, pid: i32) {
        let job = self.helpers.iter_mut().find(|j| j.helper.pid == pid);
        if let Some(outcome) = job.and_then(|j| j.helper.outcome()) {
            self.finish_helper(pid, outcome);
        }
    }

    fn finish_helper(&mut self, pid: i32, outcome: Outcome) {
        let Some(at) = self.helpers.iter().position(|j| j.helper.pid == pid) else {
            return;
        };
        let job = self.helpers.swap_remove(at);
        match (job.kind, outcome) {
            (JobKind::Start { container, asker }, Outcome::Running(program)) => {
                self.started(&container, program, asker);
            }
            (JobKind::Start { container, asker }, Outcome::Failed(reason)) => {
                self.not_started(&container, reason, asker);
            }
            (JobKind::Exec(mut exec), Outcome::Running(program)) => {
                exec.pid = Some(program);
                match self.strangers.remove(&program) {
                    Some(status) => self.exec_ended(*exec, status),
                    None => self.execs.push(*exec),
                }
            }
            (JobKind::Exec(exec), Outcome::Failed(reason)) => {
                self.reply(exec.asker, Some(reason), None);
            }
        }
        if self.helpers.is_empty() {
            self.strangers.clear();
        }
    }

    fn started(&mut self, name: &ContainerName, pid: i32, asker: Asker) {
        let Some(container) = self.containers.get_mut(name) else {
            return;
        };
        container.started(pid);
        let console = container.run.as_mut().map_or(Ok(()), Run::take_console);
        let early = container
            .run
            .as_mut()
            .map(|r| std::mem::take(&mut r.early_signals));
        let status = container.status.clone();
        self.announce(&status);
        if let Err(error) = console {
            eprint_log(&chain(&error));
        }
        self.reply(asker, None, None);
        for signal in early.unwrap_or_default() {
            let _ = sys::kill(pid, signal);
        }
        if let Some(status) = self.strangers.remove(&pid) {
            self.container_ended(name, status);
        }
    }

    fn not_started(&mut self, name: &ContainerName, reason: String, asker: Asker) {
        // Docker's codes: 127 not found, 126 not executable, 128 the rest.
        let code = match reason.as_str() {
            r if r.contains("not found") || r.contains("no such file") => 127,
            r if r.contains("permission denied") => 126,
            _ => 128,
        };
        let failed = self.cgroup.kill_container(name);
        if let Err(error) = failed {
            eprint_log(&chain(&error));
        }
        self.end(name, code, Some(reason.clone()));
        self.reply(asker, Some(reason), None);
    }

    fn container_ended(&mut self, name: &ContainerName, status: WaitStatus) {
        self.end(name, runtime::exit_code(status), None);
    }

    fn end(&mut self, name: &ContainerName, code: i32, error: Option<String>) {
        let Some(container) = self.containers.get_mut(name) else {
            return;
        };
        container.ended(code, error, &self.cgroup);
        let status = container.status.clone();
        let delete = container.delete.take();
        self.announce(&status);
        if let Some(container) = self.containers.get(name) {
            container.clean(&self.cgroup, &self.runtime_state);
        }
        if let Some(asker) = delete {
            self.containers.remove(name);
            self.reply(asker, None, None);
        }
    }

    fn exec_ended(&mut self, exec: Exec, status: WaitStatus) {
        let asker = exec.asker;
        let output = exec.finish(runtime::exit_code(status));
        self.reply(asker, None, Some(output));
    }

    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_pid();
            let of = |c: &Container| c.status.pid == Some(pid);
            let container = self
                .containers
                .values()
                .find(|c| of(c))
                .map(|c| c.status.name.clone());
            if let Some(name) = container {
                self.container_ended(&name, status);
            } else if let Some(at) = self.execs.iter().position(|e| e.pid == Some(pid)) {
                let exec = self.execs.swap_remove(at);
                self.exec_ended(exec, status);
            } else if let Some(job) = self.helpers.iter_mut().find(|j| j.helper.pid == pid) {
                let gone = || Outcome::Failed("the runtime died".to_owned());
                let outcome = job.helper.outcome().unwrap_or_else(gone);
                self.finish_helper(pid, outcome);
            } else if !self.helpers.is_empty() {
                self.strangers.insert(pid, status);
            }
        }
    }

    fn check_times(&mut self) {
        let now = Instant::now();
        for exec in &mut self.execs {
            exec.check_time(now);
        }
        for job in self.helpers.iter_mut().filter(|j| j.deadline <= now) {
            // Reported as dead by SIGCHLD next.
            job.deadline = now + HELPER_PATIENCE;
            let _ = sys::kill(job.helper.pid, libc::SIGKILL);
        }
    }
}

fn drain(signals: &OwnedFd) {
    let mut sink = [0_u8; 1024];
    while rustix::io::read(signals, &mut sink).is_ok_and(|n| n > 0) {}
}
