//! Everything that is served, asked for by the administrator of a member account: what a service
//! control policy denies or does not allow is denied, whatever the operation.

use rolecall_api::{organizations as api, sts};
use rolecall_identity::Caller;
use rolecall_op::{Access, AccessCheck, RequestInfo, Transport};
use serde_json::{Value as Json, json};

use crate::house::{Folder, House};
use crate::policies::document;
use crate::walk::steps;

/// A house with an organization, and in it a member account with a policy of its own.
struct Member {
    house: House,
    admin: Caller,
    policy: String,
    arn: String,
}

impl Member {
    async fn new(folder: &Folder) -> Self {
        let house = House::new(folder).await;
        let (w, root) = (&house.world, house.world.root());
        w.call::<api::CreateOrganization>(&root, json!({}))
            .await
            .unwrap();
        let roots = w.call::<api::ListRoots>(&root, json!({})).await.unwrap();
        let top = roots.roots.unwrap().remove(0).id.unwrap();
        let enable = json!({ "RootId": top, "PolicyType": "SERVICE_CONTROL_POLICY" });
        w.call::<api::EnablePolicyType>(&root, enable)
            .await
            .unwrap();
        let account = json!({ "AccountName": "member", "Email": "member@example.com" });
        let made = w.call::<api::CreateAccount>(&root, account).await.unwrap();
        let status = json!({ "CreateAccountRequestId": made.create_account_status.unwrap().id });
        let made = w
            .call::<api::DescribeCreateAccountStatus>(&root, status)
            .await;
        let account = made
            .unwrap()
            .create_account_status
            .unwrap()
            .account_id
            .unwrap();
        let create = json!({
            "Name": "limit", "Description": "", "Type": "SERVICE_CONTROL_POLICY",
            "Content": document(&[]),
        });
        let made = w.call::<api::CreatePolicy>(&root, create).await.unwrap();
        let summary = made.policy.unwrap().policy_summary.unwrap();
        let (policy, arn) = (summary.id.unwrap(), summary.arn.unwrap());
        let attach = json!({ "PolicyId": policy, "TargetId": account });
        w.call::<api::AttachPolicy>(&root, attach).await.unwrap();
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let walker = house.policy(Some(&document(&[all]))).await;
        let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
        let assume = json!({ "RoleArn": role, "RoleSessionName": "walker" });
        let given = house.world.call::<sts::AssumeRole>(&walker, assume).await;
        let token = given.unwrap().credentials.unwrap().session_token.unwrap();
        let admin = house.world.of_token(&token).unwrap();
        Self {
            house,
            admin,
            policy,
            arn,
        }
    }

    async fn limit(&self, statements: &[Json]) {
        let content = json!({ "Version": "2012-10-17", "Statement": statements });
        let update = json!({ "PolicyId": self.policy, "Content": content.to_string() });
        let (w, root) = (&self.house.world, self.house.world.root());
        w.call::<api::UpdatePolicy>(&root, update).await.unwrap();
    }

    fn request(&self) -> RequestInfo {
        let pipeline = &self.house.world.pipeline;
        let region = pipeline.settings().region.clone();
        pipeline.request(self.admin.clone(), region, Transport::inside())
    }

    /// Why `check` is refused; nothing if it is not.
    fn refusal(&self, info: &RequestInfo, check: &AccessCheck) -> Option<String> {
        let permitted = self.house.world.pipeline.permit(info, vec![check.clone()]);
        permitted.err().map(|error| error.message)
    }

    /// The checks of all operations that the caller's own policies decide.
    fn checks(&self) -> Vec<AccessCheck> {
        let mut all = Vec::new();
        for step in steps() {
            let declared = self.house.declared(&step.built, &self.admin, &step.input);
            if let Ok(Access::Checks(checks)) = declared {
                let own = checks.into_iter().filter(|c| !c.policy_must_allow);
                all.extend(own.filter(|check| check.resource_policy.is_none()));
            }
        }
        // The examples name resources of the management account; the member's own are asked for.
        for check in &mut all {
            if check.resource_account.is_none() {
                let account = self.admin.account.as_str();
                check.resource = check.resource.replace("123456789012", account);
            }
        }
        all
    }
}

fn everything() -> Json {
    json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })
}

#[tokio::test]
async fn what_a_service_control_policy_denies_no_operation_does() {
    let folder = Folder::new().await;
    let member = Member::new(&folder).await;
    let info = member.request();
    let checks = member.checks();
    assert!(checks.len() > 200, "{}", checks.len());
    let mut problems = Vec::new();
    for check in &checks {
        let action = check.action;
        if check.resource_account.is_some() {
            continue;
        }
        let subject = check.refusal(&member.admin.arn);
        let deny = json!({ "Effect": "Deny", "Action": action, "Resource": "*" });
        let explicit = format!(
            "{subject} with an explicit deny in a service control policy: {}",
            member.arn
        );
        let cases = [
            (vec![everything(), deny], Some(explicit)),
            (vec![everything()], None),
        ];
        for (statements, wanted) in cases {
            member.limit(&statements).await;
            let got = member.refusal(&info, check);
            if got != wanted {
                problems.push(format!("{action}: got {got:?}, wanted {wanted:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test]
async fn what_no_service_control_policy_allows_no_operation_does() {
    let folder = Folder::new().await;
    let member = Member::new(&folder).await;
    let account = member.admin.account.to_string();
    let full = json!({ "PolicyId": "p-FullAWSAccess", "TargetId": account });
    let (w, root) = (&member.house.world, member.house.world.root());
    w.call::<api::DetachPolicy>(&root, full).await.unwrap();
    let info = member.request();
    let mut problems = Vec::new();
    for check in &member.checks() {
        let action = check.action;
        if check.resource_account.is_some() {
            continue;
        }
        let other = json!({ "Effect": "Allow", "NotAction": action, "Resource": "*" });
        member.limit(&[other]).await;
        let wanted = format!(
            "{} because no service control policy allows the {action} action",
            check.refusal(&member.admin.arn)
        );
        let got = member.refusal(&info, check);
        if got.as_ref() != Some(&wanted) {
            problems.push(format!("{action}: got {got:?}, wanted {wanted}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
