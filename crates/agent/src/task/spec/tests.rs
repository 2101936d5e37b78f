//! Merging by example.

use rolecall_acs::{DockerConfig, HostVolume, MountPoint, Volume, VolumeFrom};

use super::*;

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn container(config: &str, host: &str) -> Container {
    Container {
        name: "web".to_owned(),
        docker_config: DockerConfig {
            version: "1.24".to_owned(),
            config: Some(config.to_owned()),
            host_config: Some(host.to_owned()),
        },
        ..Container::default()
    }
}

fn image() -> ImageConfig {
    ImageConfig {
        entrypoint: list(&["/entry"]),
        cmd: list(&["serve"]),
        env: list(&["PATH=/bin", "MODE=image", "EMPTY"]),
        user: "app".to_owned(),
        working_dir: "/srv".to_owned(),
        ..ImageConfig::default()
    }
}

fn around() -> Surroundings {
    Surroundings {
        credentials_path: Some("/v2/credentials/the-id".to_owned()),
        metadata_id: "m-1".to_owned(),
        region: "eu-west-1".to_owned(),
        endpoint: "http://169.254.170.2:4566".to_owned(),
        hostname: "ip-10-0-0-5.ec2.internal".to_owned(),
        cluster: "demo".to_owned(),
        open_files: 1 << 20,
    }
}

fn make(container: &Container, image: &ImageConfig) -> Result<ContainerSpec, String> {
    spec(
        &Task::default(),
        container,
        image,
        Vec::new(),
        &around(),
        Vec::new(),
    )
}

fn value<'a>(spec: &'a ContainerSpec, name: &str) -> Option<&'a str> {
    let mut found = spec
        .env
        .iter()
        .filter(|(n, _)| n == name)
        .map(|(_, v)| v.as_str());
    let value = found.next();
    assert_eq!(found.next(), None, "{name} is there twice");
    value
}

#[test]
fn entry_point_and_command_merge_as_docker_does() {
    let cases: [(&[&str], &[&str], &[&str]); 4] = [
        (&[], &[], &["/entry", "serve"]),
        (&[], &["x"], &["/entry", "x"]),
        (&["/own"], &[], &["/own"]),
        (&["/own"], &["x"], &["/own", "x"]),
    ];
    for (entry, command, expected) in cases {
        let c = Container {
            entry_point: list(entry),
            command: list(command),
            ..container("{}", "{}")
        };
        assert_eq!(make(&c, &image()).unwrap().args, list(expected));
    }
    let nothing = make(&container("{}", "{}"), &ImageConfig::default());
    assert_eq!(nothing.unwrap_err(), "no command specified");
}

#[test]
fn the_environment_has_its_order_and_the_agents_addresses() {
    let mut c = container("{}", "{}");
    c.environment = BTreeMap::from([
        ("MODE".to_owned(), "task".to_owned()),
        ("AWS_REGION".to_owned(), "us-west-2".to_owned()),
        ("ECS_AGENT_URI".to_owned(), "http://evil".to_owned()),
    ]);
    let spec = make(&c, &image()).unwrap();
    let expected = [
        ("PATH", "/bin"),
        ("MODE", "task"),
        ("EMPTY", ""),
        ("AWS_REGION", "us-west-2"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://169.254.170.2:4566"),
        ("ECS_CONTAINER_METADATA_URI", "http://169.254.170.2/v3/m-1"),
        (
            "ECS_CONTAINER_METADATA_URI_V4",
            "http://169.254.170.2/v4/m-1",
        ),
        ("ECS_AGENT_URI", "http://169.254.170.2/api/m-1"),
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "/v2/credentials/the-id",
        ),
        ("HOSTNAME", "ip-10-0-0-5.ec2.internal"),
    ];
    for (name, expected) in expected {
        assert_eq!(value(&spec, name), Some(expected), "{name}");
    }
    let none = Surroundings {
        credentials_path: None,
        endpoint: String::new(),
        ..around()
    };
    let spec = super::spec(
        &Task::default(),
        &c,
        &image(),
        Vec::new(),
        &none,
        Vec::new(),
    )
    .unwrap();
    assert_eq!(value(&spec, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), None);
    assert_eq!(value(&spec, "AWS_ENDPOINT_URL"), None);
}

#[test]
fn docker_settings_reach_the_engine() {
    let config = r#"{"User":"1000:1000","WorkingDir":"/data","Hostname":"h","Tty":true,
        "Labels":{"a":"b"}}"#;
    let host = r#"{"ReadonlyRootfs":true,"Init":true,"CapAdd":["SYS_PTRACE"],"CapDrop":["ALL"],
        "Ulimits":[{"Name":"nofile","Soft":10,"Hard":-1}],"Sysctls":{"net.core.somaxconn":"9"},
        "Dns":["1.1.1.1"],"ExtraHosts":["db:10.0.0.9"],"Tmpfs":{"/t":"noexec,size=64m"},
        "MemoryReservation":1048576,"ShmSize":2097152,"SecurityOpt":["no-new-privileges"],
        "LogConfig":{"Type":"awslogs","Config":{}}}"#;
    let c = Container {
        cpu: Some(256),
        memory: Some(64),
        ..container(config, host)
    };
    let spec = make(&c, &image()).unwrap();
    assert_eq!(
        (spec.user.as_str(), spec.cwd.as_str()),
        ("1000:1000", "/data")
    );
    assert_eq!(
        (spec.hostname.as_str(), spec.tty, spec.init),
        ("h", true, true)
    );
    assert!(spec.readonly_rootfs && spec.no_new_privileges);
    assert_eq!(spec.ulimits[0].hard, u64::MAX);
    assert_eq!(spec.tmpfs[0].size_bytes, 64 * MIB);
    assert_eq!(spec.tmpfs[0].options, ["noexec"]);
    assert_eq!(spec.memory_bytes, Some(64 * MIB));
    assert_eq!(spec.memory_reservation_bytes, Some(MIB));
    assert_eq!(spec.cpu_shares, Some(256));
    assert_eq!(spec.extra_hosts[0].0, "db");
    assert_eq!(spec.labels.get("a").unwrap(), "b");
    assert_eq!(
        spec.labels.get("com.amazonaws.ecs.container-name").unwrap(),
        "web"
    );
}

#[test]
fn what_cannot_be_carried_out_is_refused() {
    let refused = [
        (r#"{"OpenStdin":true}"#, "{}"),
        (r#"{"NetworkDisabled":true}"#, "{}"),
        (r#"{"Domainname":"x"}"#, "{}"),
        ("{}", r#"{"Devices":[{"PathOnHost":"/dev/fuse"}]}"#),
        ("{}", r#"{"SecurityOpt":["label:user:x"]}"#),
        ("{}", r#"{"NetworkMode":"host"}"#),
        ("{}", r#"{"MemorySwap":1048576}"#),
        ("{}", r#"{"Tmpfs":{"/t":"size=big"}}"#),
        ("{}", r#"{"Unheard":1}"#),
    ];
    for (config, host) in refused {
        assert!(
            make(&container(config, host), &image()).is_err(),
            "{config} {host}"
        );
    }
}

#[test]
fn volumes_are_the_tasks_own_and_shared_by_name() {
    let point = |volume: &str, path: &str, read_only| MountPoint {
        source_volume: volume.to_owned(),
        container_path: path.to_owned(),
        read_only,
    };
    let first = Container {
        mount_points: vec![point("scratch", "/a", false), point("scratch", "/b", true)],
        ..container("{}", "{}")
    };
    let second = Container {
        name: "side".to_owned(),
        mount_points: vec![point("scratch", "/a", true)],
        volumes_from: vec![VolumeFrom {
            source_container: "web".to_owned(),
            read_only: false,
        }],
        ..container("{}", "{}")
    };
    let scratch = Volume {
        name: "scratch".to_owned(),
        ..Volume::default()
    };
    let mut task = Task {
        containers: vec![first, second.clone()],
        volumes: vec![scratch.clone()],
        launch_type: Some("FARGATE".to_owned()),
        ..Task::default()
    };
    assert_eq!(Volumes::new(&task).check(), Ok(()));
    let mut own = |name: &str| Ok(PathBuf::from("/vol").join(name));
    let mounts = Volumes::new(&task).resolve(&second, &mut own).unwrap();
    let seen: Vec<_> = mounts
        .iter()
        .map(|m| (m.target.to_str().unwrap(), m.read_only))
        .collect();
    assert_eq!(seen, [("/b", true), ("/a", true)]);
    assert!(
        mounts
            .iter()
            .all(|m| m.source.as_path() == std::path::Path::new("/vol/scratch"))
    );
    task.volumes[0].host = Some(HostVolume {
        source_path: Some("/etc".to_owned()),
    });
    assert!(Volumes::new(&task).check().unwrap_err().contains("Fargate"));
    task.volumes.clear();
    assert!(
        Volumes::new(&task)
            .check()
            .unwrap_err()
            .contains("unknown volume")
    );
    assert!(volume_name(&"x".repeat(255)).is_some());
}

#[test]
fn fargate_has_its_own_number_of_open_files() {
    let of = |launch: &str, text: &str, open_files| {
        let container = container("{}", text);
        let task = Task {
            launch_type: Some(launch.to_owned()),
            ..Task::default()
        };
        let around = Surroundings {
            open_files,
            ..around()
        };
        let spec = super::spec(&task, &container, &image(), Vec::new(), &around, Vec::new());
        let limits = spec.unwrap().ulimits;
        limits
            .iter()
            .map(|l| (l.name.clone(), l.soft, l.hard))
            .collect::<Vec<_>>()
    };
    let files = |soft, hard| ("nofile".to_owned(), soft, hard);
    assert_eq!(of("FARGATE", "{}", u64::MAX), [files(65_535, 65_535)]);
    assert_eq!(of("FARGATE", "{}", 20_000), [files(20_000, 20_000)]);
    let own = r#"{"Ulimits":[{"Name":"nofile","Soft":10,"Hard":20}]}"#;
    assert_eq!(of("FARGATE", own, u64::MAX), [files(10, 20)]);
    assert_eq!(of("EC2", "{}", u64::MAX), []);
}
