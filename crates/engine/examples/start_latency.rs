//! How long it takes from asking for a container to the first thing its program says, beside the
//! bare OCI runtime on the same root file system and the same configuration.
//!
//! Run as root: `cargo run --release -p rolecall-engine --example start_latency -- [RUNS]`
//!
//! - `runc run`: the bare runtime, started as a command, on the plain directory;
//! - `container`: `TaskHandle::start` in a standing task, with overlay mount, records and log;
//! - `container by runc`: the same with `--oci-runtime`;
//! - `task`: from nothing: namespace, links, cgroups, shim, bundle, container.

use std::error::Error;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rolecall_engine::{
    ContainerName, ContainerSpec, Engine, EngineConfig, InstanceName, RuntimeKind, SHIM_ARG,
    TaskHandle, TaskId, TaskSandbox, shim_main,
};

type Done<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Done {
    let mut args = std::env::args_os().skip(1);
    let first = args.next();
    if first.as_ref().is_some_and(|a| a == SHIM_ARG) {
        std::process::exit(shim_main(args));
    }
    let runs = first.and_then(|a| a.to_str()?.parse().ok()).unwrap_or(30);
    let dir = std::env::temp_dir().join(format!("rolecall-bench-{}", std::process::id()));
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(compare(&dir, runs));
    std::fs::remove_dir_all(&dir)?;
    result
}

async fn compare(dir: &Path, runs: usize) -> Done {
    let layer = root_file_system(dir)?;
    let runc = PathBuf::from("/usr/sbin/runc");
    let ours = open(dir, "embedded", RuntimeKind::Embedded).await?;
    let by_runc = open(dir, "runc", RuntimeKind::Oci(runc.clone())).await?;
    let mut rows: [(&str, Vec<Duration>); 4] = [
        ("runc run", vec![]),
        ("container", vec![]),
        ("container by runc", vec![]),
        ("task", vec![]),
    ];
    let task = task(&ours, "standing", 0).await?;
    let other = self::task(&by_runc, "standing", 0).await?;
    let has_runc = runc.exists();
    for n in 0..runs {
        let name = ContainerName::new(format!("c{n}"))?;
        let measured = container(&task, &layer, &name).await?;
        let mut times = [None, Some(measured), None, None];
        if has_runc {
            let bundle = dir.join("embedded/tasks/standing/c").join(name.as_str());
            times[0] = Some(bare(&runc, dir, &bundle, &layer)?);
            times[2] = Some(container(&other, &layer, &name).await?);
        }
        task.delete_container(&name).await?;
        let began = Instant::now();
        let fresh = self::task(&ours, &format!("t{n}"), n + 1).await?;
        container(&fresh, &layer, &name).await?;
        times[3] = Some(began.elapsed());
        fresh.delete().await?;
        for (row, time) in rows.iter_mut().zip(times) {
            row.1.extend(time);
        }
    }
    print(&mut rows)?;
    ours.remove_instance().await?;
    by_runc.remove_instance().await?;
    Ok(())
}

async fn open(dir: &Path, name: &str, runtime: RuntimeKind) -> Done<Engine> {
    let config = EngineConfig {
        data_dir: dir.join(name),
        run_dir: dir.join("run"),
        instance: InstanceName::new(format!("bench-{}-{name}", std::process::id()))?,
        runtime,
        subnet: None,
        shim_exe: "/proc/self/exe".into(),
        log_limit_bytes: 0,
    };
    Ok(Engine::open(config).await?)
}

async fn task(engine: &Engine, id: &str, n: usize) -> Done<TaskHandle> {
    let address = engine
        .network()
        .subnet()
        .usable()
        .nth(n)
        .ok_or("no address")?;
    Ok(engine
        .create_task(TaskSandbox::new(TaskId::new(id)?, address))
        .await?)
}

/// From the bundle's making to the first line.
async fn container(task: &TaskHandle, layer: &Path, name: &ContainerName) -> Done<Duration> {
    let args = vec![
        "/bin/busybox".to_owned(),
        "echo".to_owned(),
        "up".to_owned(),
    ];
    let mut spec = ContainerSpec::new(name.clone(), vec![layer.to_owned()], args);
    spec.memory_bytes = Some(64 << 20);
    spec.pids_limit = Some(128);
    let began = Instant::now();
    task.create_container(spec).await?;
    let mut log = task.log_reader(name, 0)?;
    let (started, line) = tokio::join!(task.start(name), log.next());
    let time = began.elapsed();
    started?;
    line?;
    task.wait(name).await?;
    Ok(time)
}

/// The same configuration under the bare runtime, on the layer's directory itself.
fn bare(runc: &Path, dir: &Path, bundle: &Path, layer: &Path) -> Done<Duration> {
    let text = std::fs::read_to_string(bundle.join("config.json"))?;
    let mut config: serde_json::Value = serde_json::from_str(&text)?;
    let linux = config
        .get_mut("linux")
        .and_then(|l| l.as_object_mut())
        .ok_or("no linux")?;
    linux.insert("cgroupsPath".into(), "/rolecall-bench-bare".into());
    let mounts = config
        .get_mut("mounts")
        .and_then(|m| m.as_array_mut())
        .ok_or("no mounts")?;
    // Those of the container's own groups are gone with it.
    mounts.retain(|m| {
        let source = m.get("source").and_then(|s| s.as_str()).unwrap_or_default();
        !source.starts_with("/sys/fs/cgroup")
    });
    let root = serde_json::json!({ "path": layer, "readonly": false });
    config
        .as_object_mut()
        .ok_or("no object")?
        .insert("root".into(), root);
    let bare = dir.join("bare");
    std::fs::create_dir_all(&bare)?;
    std::fs::write(bare.join("config.json"), config.to_string())?;
    let began = Instant::now();
    let mut child = Command::new(runc)
        .arg("--root")
        .arg(dir.join("runc-state"))
        .args(["run", "--bundle"])
        .arg(&bare)
        .arg("bare")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("no output")?;
    output.read_exact(&mut [0])?;
    let time = began.elapsed();
    child.wait()?;
    Ok(time)
}

fn root_file_system(dir: &Path) -> Done<PathBuf> {
    let layer = dir.join("layer");
    for part in ["bin", "etc", "proc", "sys", "dev", "tmp"] {
        std::fs::create_dir_all(layer.join(part))?;
    }
    std::fs::copy("/bin/busybox", layer.join("bin/busybox"))?;
    Ok(layer)
}

fn print(rows: &mut [(&str, Vec<Duration>)]) -> Done {
    let mut out = std::io::stdout().lock();
    let mut base = None;
    writeln!(
        out,
        "{:20} {:>9} {:>9} {:>7}",
        "until first output", "median ms", "min ms", "ratio"
    )?;
    for (name, times) in rows.iter_mut().filter(|r| !r.1.is_empty()) {
        times.sort_unstable();
        let ms = |d: Option<&Duration>| d.map_or(0.0, |d| d.as_secs_f64() * 1000.0);
        let (median, min) = (ms(times.get(times.len() / 2)), ms(times.first()));
        let base = *base.get_or_insert(median);
        writeln!(
            out,
            "{name:20} {median:9.1} {min:9.1} {:7.2}",
            median / base
        )?;
    }
    Ok(())
}
