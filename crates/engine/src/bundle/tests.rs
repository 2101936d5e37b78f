//! Tests of `bundle`.

use super::*;
use crate::ids::{ContainerName, TaskId};

fn base() -> ContainerSpec {
    let args = vec!["/bin/true".to_owned()];
    ContainerSpec::new(ContainerName::new("c").unwrap(), vec!["/".into()], args)
}

fn config(spec: &ContainerSpec) -> Result<serde_json::Value> {
    let task = TaskSandbox::new(TaskId::new("t").unwrap(), "10.88.0.2".parse().unwrap());
    let dirs = TaskDirs {
        data: "/d".into(),
        run: "/r".into(),
    };
    config::build(
        &task,
        &dirs,
        &TaskCgroup::at("/rolecall/i/t").unwrap(),
        spec,
    )
}

#[test]
fn the_configuration_is_an_oci_one() {
    let value = config(&base()).unwrap();
    let spec: oci_spec::runtime::Spec = serde_json::from_value(value.clone()).unwrap();
    let process = spec.process().as_ref().unwrap();
    assert_eq!(
        process.no_new_privileges(),
        None,
        "absent means Docker's default"
    );
    let caps = process.capabilities().as_ref().unwrap();
    assert!(caps.inheritable().as_ref().unwrap().is_empty());
    assert_eq!(value["linux"]["cgroupsPath"], "/rolecall/i/t/c");
    assert_eq!(value["linux"]["seccomp"]["defaultAction"], "SCMP_ACT_ERRNO");
}

#[test]
fn what_cannot_be_carried_out_is_refused() {
    let bad = [
        ContainerSpec {
            args: vec![],
            ..base()
        },
        ContainerSpec {
            layers: vec![],
            ..base()
        },
        ContainerSpec {
            cwd: "tmp".into(),
            ..base()
        },
        ContainerSpec {
            env: vec![("A=B".into(), "c".into())],
            ..base()
        },
        ContainerSpec {
            env: vec![("A".into(), "c\0d".into())],
            ..base()
        },
    ];
    for spec in bad {
        assert!(
            matches!(check(&spec), Err(EngineError::Unsupported(_))),
            "{spec:?}"
        );
    }
    let caps = ContainerSpec {
        cap_add: vec!["FLY".into()],
        ..base()
    };
    assert!(config(&caps).is_err());
    let mount = crate::spec::BindMount {
        source: "/does/not/exist".into(),
        target: "/x".into(),
        read_only: true,
    };
    assert!(
        config(&ContainerSpec {
            mounts: vec![mount],
            ..base()
        })
        .is_err()
    );
}

#[test]
fn capabilities_add_and_drop() {
    let has = |spec: &ContainerSpec, name: &str| {
        let value = config(spec).unwrap();
        let list = value["process"]["capabilities"]["bounding"]
            .as_array()
            .unwrap()
            .clone();
        list.iter().any(|c| c == name)
    };
    assert!(has(&base(), "CAP_CHOWN") && !has(&base(), "CAP_SYS_ADMIN"));
    let none = ContainerSpec {
        cap_drop: vec!["ALL".into()],
        ..base()
    };
    assert!(!has(&none, "CAP_CHOWN"));
    let one = ContainerSpec {
        cap_add: vec!["cap_net_admin".into()],
        ..none
    };
    assert!(has(&one, "CAP_NET_ADMIN") && !has(&one, "CAP_CHOWN"));
    let most = ContainerSpec {
        cap_add: vec!["ALL".into()],
        cap_drop: vec!["SYS_ADMIN".into()],
        ..base()
    };
    assert!(has(&most, "CAP_SYS_PTRACE") && !has(&most, "CAP_SYS_ADMIN"));
}

#[test]
fn secrets_stay_out_of_debug() {
    let spec = ContainerSpec {
        env: vec![("TOKEN".into(), "hunter2".into())],
        ..base()
    };
    assert!(!format!("{spec:?}").contains("hunter2"));
}
