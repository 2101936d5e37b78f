//! What only the mounted root file system tells: the user's numbers, groups and home.
//!
//! The rules are Docker's (`docker run --user`, Dockerfile `USER`): names and numbers are looked up
//! in the image's own `/etc/passwd` and `/etc/group`; a number need not be listed there, a name
//! must.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use serde_json::{Value, json};

use crate::error::{EngineError, FileContext, Result};

/// Who a container runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    pub(crate) home: String,
}

/// Completes a configuration: user, supplementary groups, HOME; and, as execve(2) would, no
/// effective capabilities for those who are not root.
pub(crate) fn complete(config: &mut Value, user: &User) {
    let Some(process) = config.get_mut("process").and_then(Value::as_object_mut) else {
        return;
    };
    process.insert(
        "user".to_owned(),
        json!({ "uid": user.uid, "gid": user.gid, "additionalGids": user.groups }),
    );
    if let Some(env) = process.get_mut("env").and_then(Value::as_array_mut)
        && !env
            .iter()
            .any(|e| e.as_str().is_some_and(|e| e.starts_with("HOME=")))
    {
        env.push(Value::String(format!("HOME={}", user.home)));
    }
    if user.uid != 0
        && let Some(caps) = process
            .get_mut("capabilities")
            .and_then(Value::as_object_mut)
    {
        caps.insert("effective".to_owned(), json!([]));
        caps.insert("permitted".to_owned(), json!([]));
    }
}

/// Looks a user up in a root file system.
///
/// # Errors
/// [`EngineError::Container`] in Docker's words when a name is not listed.
pub(crate) fn user(rootfs: &OwnedFd, wanted: &str) -> Result<User> {
    let passwd = read_inside(rootfs, "etc/passwd")?;
    let group = read_inside(rootfs, "etc/group")?;
    look_up(wanted, &passwd, &group)
}

/// Makes the working directory if it is missing, inside of the root file system whatever links the
/// image has on the way.
pub(crate) fn make_cwd(rootfs: &OwnedFd, cwd: &str) -> Result<()> {
    let mut at = rootfs
        .as_fd()
        .try_clone_to_owned()
        .os("open the root file system")?;
    let mut path = String::new();
    for part in cwd.split('/').filter(|p| !p.is_empty() && *p != ".") {
        path.push('/');
        path.push_str(part);
        at = match open_inside(rootfs, &path, OFlags::DIRECTORY | OFlags::PATH) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) if part != ".." => {
                rustix::fs::mkdirat(&at, part, Mode::from(0o755))
                    .os("make the working directory")?;
                open_inside(rootfs, &path, OFlags::DIRECTORY | OFlags::PATH)
                    .os("open the working directory")?
            }
            Err(e) => return Err(e).os("open the working directory"),
        };
    }
    Ok(())
}

fn open_inside(rootfs: &OwnedFd, path: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(
        rootfs,
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )
}

fn read_inside(rootfs: &OwnedFd, path: &str) -> Result<String> {
    // Non-blocking: an image may have a pipe of that name.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fd = match open_inside(rootfs, path, flags) {
        Ok(fd) => fd,
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(String::new()),
        Err(e) => return Err(e).os("read the image's users"),
    };
    let mut bytes = Vec::new();
    let mut file = std::fs::File::from(fd).take(16 * 1024 * 1024);
    file.read_to_end(&mut bytes).os("read the image's users")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn look_up(wanted: &str, passwd: &str, group: &str) -> Result<User> {
    let (user, wanted_group) = match wanted.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (wanted, None),
    };
    let user = if user.is_empty() { "0" } else { user };
    let number: Option<u32> = user.parse().ok().filter(|n| *n <= i32::MAX as u32);
    let entry = passwd
        .lines()
        .map(|l| l.split(':').collect::<Vec<_>>())
        .find(|f| f.first() == Some(&user) || (number.is_some() && number == number_at(f, 2)));
    let refuse = |text: String| Err(EngineError::Container(text));
    let uid = match entry.as_ref().and_then(|f| number_at(f, 2)).or(number) {
        Some(uid) => uid,
        None => {
            return refuse(format!(
                "unable to find user {user}: no matching entries in passwd file"
            ));
        }
    };
    let name = entry.as_ref().and_then(|f| f.first().copied());
    let groups: Vec<Vec<&str>> = group.lines().map(|l| l.split(':').collect()).collect();
    let mut gid = entry.as_ref().and_then(|f| number_at(f, 3)).unwrap_or(0);
    let mut others = Vec::new();
    match wanted_group.filter(|g| !g.is_empty()) {
        Some(wanted) => {
            let number = wanted.parse().ok().filter(|n: &u32| *n <= i32::MAX as u32);
            let listed = groups.iter().find(|f| {
                f.first() == Some(&wanted) || (number.is_some() && number == number_at(f, 2))
            });
            gid = match listed.and_then(|f| number_at(f, 2)).or(number) {
                Some(gid) => gid,
                None => {
                    return refuse(format!(
                        "unable to find group {wanted}: no matching entries in group file"
                    ));
                }
            };
        }
        // The user's other groups count only when no group was named.
        None => {
            if let Some(name) = name {
                let members =
                    |f: &Vec<&str>| f.get(3).is_some_and(|m| m.split(',').any(|n| n == name));
                others = groups
                    .iter()
                    .filter(|f| members(f))
                    .filter_map(|f| number_at(f, 2))
                    .collect();
            }
        }
    }
    others.retain(|g| *g != gid);
    let home = entry
        .and_then(|f| f.get(5).map(|h| (*h).to_owned()))
        .filter(|h| !h.is_empty());
    Ok(User {
        uid,
        gid,
        groups: others,
        home: home.unwrap_or_else(|| "/".to_owned()),
    })
}

fn number_at(fields: &[&str], index: usize) -> Option<u32> {
    fields.get(index)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:App:/srv/app:/bin/sh\n";
    const GROUP: &str = "root:x:0:root\nusers:x:100:\nwheel:x:10:root,app\ndocker:x:999:app\n";

    fn found(wanted: &str) -> (u32, u32, Vec<u32>, String) {
        let u = look_up(wanted, PASSWD, GROUP).unwrap();
        (u.uid, u.gid, u.groups, u.home)
    }

    #[test]
    fn names_numbers_and_groups() {
        assert_eq!(found(""), (0, 0, vec![10], "/root".into()));
        assert_eq!(found("app"), (1000, 100, vec![10, 999], "/srv/app".into()));
        assert_eq!(found("1000"), (1000, 100, vec![10, 999], "/srv/app".into()));
        assert_eq!(found("app:wheel"), (1000, 10, vec![], "/srv/app".into()));
        assert_eq!(found("4711"), (4711, 0, vec![], "/".into()));
        assert_eq!(found("4711:4712"), (4711, 4712, vec![], "/".into()));
        assert!(
            look_up("nobody", PASSWD, GROUP)
                .unwrap_err()
                .to_string()
                .contains("nobody")
        );
        assert!(
            look_up("app:none", PASSWD, GROUP)
                .unwrap_err()
                .to_string()
                .contains("none")
        );
        assert_eq!(look_up("5", "", "").unwrap().uid, 5);
    }

    #[test]
    fn capabilities_are_for_root() {
        let caps = json!(["CAP_KILL"]);
        let mut config = json!({ "process": {
            "env": ["A=b"],
            "capabilities": { "bounding": caps, "effective": caps, "permitted": caps },
        }});
        complete(&mut config, &look_up("app", PASSWD, GROUP).unwrap());
        let process = &config["process"];
        assert_eq!(process["capabilities"]["effective"], json!([]));
        assert_eq!(process["capabilities"]["bounding"], caps);
        assert_eq!(process["env"], json!(["A=b", "HOME=/srv/app"]));
        assert_eq!(process["user"]["additionalGids"], json!([10, 999]));
    }

    #[test]
    fn the_working_directory_stays_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("tmp")).unwrap();
        std::os::unix::fs::symlink("/tmp", root.join("link")).unwrap();
        let fd: OwnedFd = std::fs::File::open(&root).unwrap().into();
        make_cwd(&fd, "/link/a/b").unwrap();
        assert!(root.join("tmp/a/b").is_dir());
        make_cwd(&fd, "/../../x").unwrap();
        assert!(root.join("x").is_dir() && !dir.path().join("x").exists());
    }
}
