//! What the codec and the typed structs rely on holds for every table.

use rolecall_api::typed::FromValue;
use rolecall_api::{
    ApiOperation, Kind, SERVICES, Shaped, Timestamp, Value, ecr, ecs, iam, logs, sts,
};

#[test]
fn the_tables_are_sorted_and_closed() {
    for service in SERVICES {
        assert!(service.operations.is_sorted_by(|a, b| a.name < b.name));
        assert!(service.errors.is_sorted_by(|a, b| a.code < b.code));
        let known = |id: rolecall_api::ShapeId| usize::from(id.0) < service.shapes.len();
        for o in service.operations {
            assert!(o.input.is_none_or(known) && o.output.is_none_or(known));
            assert!(o.errors.iter().copied().all(known));
        }
        for shape in service.shapes {
            let Kind::Structure(s) = &shape.kind else {
                continue;
            };
            for (i, member) in s.members.iter().enumerate() {
                assert!(known(member.shape), "{} {}", shape.name, member.name);
                assert_eq!(s.index_of_wire_name(member.wire_name()), Some(i));
            }
        }
    }
}

#[test]
fn typed_operations_point_at_their_rows() {
    for (service, typed) in [
        (&ecr::SERVICE, ecr::TYPED),
        (&ecs::SERVICE, ecs::TYPED),
        (&iam::SERVICE, iam::TYPED),
        (&logs::SERVICE, logs::TYPED),
        (&sts::SERVICE, sts::TYPED),
    ] {
        for (name, index) in typed {
            assert_eq!(service.operations.get(*index).unwrap().name, *name);
        }
    }
    assert_eq!(ecs::RunTask::shape().name, "RunTask");
    assert_eq!(
        <ecs::RunTask as ApiOperation>::shape().input,
        ecs::RunTaskRequest::SHAPE
    );
}

#[test]
fn a_struct_becomes_a_value_and_back() {
    let task = ecs::Task {
        task_arn: Some("arn".to_owned()),
        created_at: Some(Timestamp::from_epoch_millis(1_500)),
        version: Some(7),
        overrides: Some(ecs::TaskOverride {
            task_role_arn: Some("role".to_owned()),
            ..Default::default()
        }),
        attachments: Some(vec![ecs::Attachment::default()]),
        ..Default::default()
    };
    let value = task.clone().into_value();
    assert!(matches!(&value, Value::Struct(members) if !members.is_empty()));
    assert_eq!(ecs::Task::from_value(value).unwrap(), task);
    assert!(ecs::Task::from_value(Value::Int(1)).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let answer = sts::AssumeRoleResponse {
        credentials: Some(sts::Credentials {
            access_key_id: Some("ASIAEXAMPLE".to_owned()),
            secret_access_key: Some("hush".to_owned()),
            session_token: Some("hush".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        format!("{answer:?}"),
        "AssumeRoleResponse { Credentials: Credentials { AccessKeyId: \"ASIAEXAMPLE\", \
         SecretAccessKey: ***, SessionToken: *** } }"
    );
}
