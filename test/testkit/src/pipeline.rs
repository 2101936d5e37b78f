//! The pipeline over a store in memory: a clock that tests advance, randomness from a counter, and
//! callers of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use rolecall_api::typed::{ApiOperation, FromValue, Shaped};
use rolecall_base::{AccountId, AwsError, Region, Tags, Timestamp};
use rolecall_identity::{
    Account, Caller, PolicyText, Role, SessionClaims, SessionKind, TokenKey, User, name_key,
};
use rolecall_op::{Pipeline, Ports, Registry, Settings};
use rolecall_record::Recorder;
use rolecall_store::{Document, Store};
use serde_json::Value as Json;

use crate::from_json;

/// 2026-11-22T00:00:00Z.
const START_MS: i64 = 1_795_305_600_000;

/// The secret that session tokens are sealed with.
const TOKEN_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// One account, its documents in memory, and the operations of a registry over them.
pub struct World {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The account, 123456789012.
    pub account: AccountId,
    clock_ms: Arc<AtomicI64>,
}

impl World {
    /// A world with these operations, in us-east-1, at 2026-11-22T00:00:00Z.
    ///
    /// # Errors
    /// None that a test could cause: the account and the region are constants.
    pub fn new(registry: Registry) -> Result<Self, Box<dyn std::error::Error>> {
        Self::with_ports(registry, Ports::default())
    }

    /// [`World::new`] with ports for the operations on bytes.
    ///
    /// # Errors
    /// As [`World::new`].
    pub fn with_ports(
        registry: Registry,
        ports: Ports,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Self::recorded(registry, ports, None)
    }

    /// [`World::with_ports`] that keeps a record of every call.
    ///
    /// # Errors
    /// As [`World::new`].
    pub fn recorded(
        registry: Registry,
        ports: Ports,
        recorder: Option<Recorder>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let account = AccountId::new("123456789012")?;
        let region = Region::new("us-east-1")?;
        let clock_ms = Arc::new(AtomicI64::new(START_MS));
        let clock = Arc::clone(&clock_ms);
        let count = AtomicU64::new(0);
        let settings = Settings {
            account: account.clone(),
            region: region.clone(),
            now: Arc::new(move || Timestamp::from_epoch_millis(clock.load(Ordering::SeqCst))),
            seed: Arc::new(move || {
                let mut seed = [0u8; 32];
                let n = count.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                for (to, from) in seed.iter_mut().zip(n) {
                    *to = from;
                }
                seed
            }),
        };
        let pipeline =
            Pipeline::with_recorder(settings, Store::memory(), ports, registry, recorder);
        Ok(Self {
            pipeline,
            account,
            clock_ms,
        })
    }

    /// Puts the account's own document into the store, which sessions need.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn with_account(self) -> Result<Self, AwsError> {
        let document = Account {
            id: self.account.clone(),
            region: self.pipeline.settings().region.clone(),
            created: self.now(),
            root_access_key: "AKIAROOTEXAMPLE00000".to_owned(),
            token_key: TOKEN_KEY.to_owned(),
            made_by: None,
        };
        self.put(self.account.as_str(), document).await?;
        Ok(self)
    }

    /// The time that requests see.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_epoch_millis(self.clock_ms.load(Ordering::SeqCst))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.clock_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Calls an operation with an input of the API's member names; a policy document may be given
    /// as an object.
    ///
    /// # Errors
    /// What a client would get; `BadTestInput` for an input that does not fit the operation.
    pub async fn call<A: ApiOperation>(
        &self,
        caller: &Caller,
        input: Json,
    ) -> Result<A::Output, AwsError> {
        let value = match A::Input::SHAPE {
            Some(id) => from_json(A::SERVICE, id, &input)
                .map_err(|problem| AwsError::new("BadTestInput", problem))?,
            None => rolecall_api::Value::Struct(Vec::new()),
        };
        let typed = A::Input::from_value(value)
            .map_err(|mismatch| AwsError::new("BadTestInput", mismatch.to_string()))?;
        self.pipeline.invoke::<A>(caller.clone(), typed).await
    }

    /// Puts a document into the store.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn put<D: Document + Clone>(&self, key: &str, doc: D) -> Result<(), AwsError> {
        let key = key.to_owned();
        let put = move |tx: &mut rolecall_store::Txn| {
            tx.put(key.clone(), doc.clone());
            Ok::<_, AwsError>(())
        };
        self.pipeline
            .store()
            .transact(put)
            .await
            .map(drop)
            .map_err(|error| AwsError::new("TestStore", error.to_string()).with_status(500))
    }

    /// The root user.
    pub fn root(&self) -> Caller {
        Caller::root(&self.account, Some("AKIAROOTEXAMPLE00000".to_owned()))
    }

    /// A service principal acting for the resource `source_arn`.
    pub fn service(&self, name: &str, source_arn: Option<&str>) -> Caller {
        Caller::service(self.account.clone(), name, source_arn.map(str::to_owned))
    }

    /// A user with this inline policy, or none; made anew if it was there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn user(&self, name: &str, policy: Option<&str>) -> Result<Caller, AwsError> {
        let key = name_key(&self.account, name);
        let user = User {
            account: self.account.clone(),
            name: name.to_owned(),
            path: "/".to_owned(),
            id: format!("AIDA{}", name.to_uppercase()),
            arn: User::arn_of(&self.account, "/", name),
            created: self.now(),
            boundary: None,
            tags: Tags::default(),
            inline: inline(policy),
            attached: Vec::new(),
            access_keys: Vec::new(),
            groups: Vec::new(),
            mfa_devices: Vec::new(),
        };
        let caller = Caller {
            account: self.account.clone(),
            arn: user.arn.clone(),
            unique_id: user.id.clone(),
            access_key_id: None,
            kind: rolecall_identity::CallerKind::User {
                key: key.clone(),
                session: None,
            },
        };
        self.put(&key, user).await?;
        Ok(caller)
    }

    /// A session named `session` of a role with this inline policy, or none; the role trusts
    /// `ecs-tasks.amazonaws.com` and is made anew if it was there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn role_session(
        &self,
        name: &str,
        session: &str,
        policy: Option<&str>,
    ) -> Result<Caller, AwsError> {
        let key = name_key(&self.account, name);
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        let role = Role {
            account: self.account.clone(),
            name: name.to_owned(),
            path: "/".to_owned(),
            id: format!("AROA{}", name.to_uppercase()),
            arn: Role::arn_of(&self.account, "/", name),
            created: self.now(),
            trust: PolicyText::from(trust.to_owned()),
            description: None,
            max_session_duration_s: 3600,
            boundary: None,
            tags: Tags::default(),
            inline: inline(policy),
            attached: Vec::new(),
            linked_service: None,
        };
        let kind = SessionKind::Role {
            role_id: role.id.clone(),
            role_key: key.clone(),
            name: session.to_owned(),
        };
        self.put(&key, role).await?;
        let claims = SessionClaims {
            access_key_id: "ASIATESTKIT000000000".to_owned(),
            secret: "not-a-secret".to_owned(),
            account: self.account.to_string(),
            kind,
            issued: self.now(),
            expires: self.now().plus(Duration::from_secs(3600)),
            policy: None,
            policy_arns: Vec::new(),
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            mfa: false,
            chain: 0,
            provider: None,
        };
        self.of_claims(claims)
    }

    /// The caller that a session token stands for, as the authenticate step would make it.
    ///
    /// # Errors
    /// `InvalidClientTokenId` if the token or what it was made from is not valid any more.
    pub fn of_token(&self, token: &str) -> Result<Caller, AwsError> {
        let claims = TokenKey::from_hex(TOKEN_KEY).and_then(|key| key.open(token));
        let claims = claims.map_err(|error| AwsError::new("TestToken", error.to_string()))?;
        if claims.expires <= self.now() {
            return Err(AwsError::new("ExpiredToken", "the session is over"));
        }
        self.of_claims(claims)
    }

    fn of_claims(&self, claims: SessionClaims) -> Result<Caller, AwsError> {
        let snap = self.pipeline.store().snapshot();
        Caller::of_session(&snap, &Arc::new(claims)).ok_or_else(|| {
            AwsError::new(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            )
        })
    }
}

fn inline(policy: Option<&str>) -> BTreeMap<String, PolicyText> {
    policy
        .map(|text| ("test".to_owned(), PolicyText::from(text.to_owned())))
        .into_iter()
        .collect()
}
