//! The services that are generated. Adding one is a line in [`SERVICES`].

/// Which operations of a service get typed structs.
pub(crate) enum Built {
    /// All of them.
    All,
    /// Those named here.
    These(&'static str),
}

/// A service to generate.
pub(crate) struct Wanted {
    /// The name of its folder among the models, and of its Rust module.
    pub(crate) id: &'static str,
    /// The operations with typed structs.
    pub(crate) built: Built,
}

/// Every generated service.
pub(crate) const SERVICES: &[Wanted] = &[
    Wanted {
        id: "cloudtrail",
        built: Built::These(CLOUDTRAIL),
    },
    Wanted {
        id: "ecr",
        built: Built::These(ECR),
    },
    Wanted {
        id: "ecs",
        built: Built::These(ECS),
    },
    Wanted {
        id: "iam",
        built: Built::These(IAM),
    },
    Wanted {
        id: "logs",
        built: Built::These(LOGS),
    },
    Wanted {
        id: "organizations",
        built: Built::These(ORGANIZATIONS),
    },
    Wanted {
        id: "secretsmanager",
        built: Built::These(""),
    },
    Wanted {
        id: "ssm",
        built: Built::These(""),
    },
    Wanted {
        id: "sts",
        built: Built::All,
    },
];

/// Shapes that hold secrets though the models don't say so: service and shape.
pub(crate) const ALSO_SENSITIVE: &[(&str, &str)] = &[
    ("ecr", "Base64"),
    ("iam", "authenticationCodeType"),
    ("ssm", "ActivationCode"),
    ("ssm", "TokenValue"),
    ("sts", "tokenCodeType"),
    ("sts", "tokenType"),
];

const CLOUDTRAIL: &str = "
    LookupEvents DescribeTrails GetTrail GetTrailStatus ListTrails
";

const ECR: &str = "
    CreateRepository DescribeRepositories DeleteRepository GetAuthorizationToken
    SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy
    PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy
    StartLifecyclePolicyPreview GetLifecyclePolicyPreview
    PutImageTagMutability PutImageScanningConfiguration
    TagResource UntagResource ListTagsForResource
    BatchCheckLayerAvailability GetDownloadUrlForLayer InitiateLayerUpload UploadLayerPart
    CompleteLayerUpload PutImage BatchGetImage BatchDeleteImage ListImages DescribeImages
";

const ECS: &str = "
    CreateCluster DescribeClusters ListClusters UpdateCluster UpdateClusterSettings DeleteCluster
    PutClusterCapacityProviders CreateCapacityProvider DescribeCapacityProviders
    UpdateCapacityProvider DeleteCapacityProvider
    RegisterTaskDefinition DescribeTaskDefinition DeregisterTaskDefinition DeleteTaskDefinitions
    ListTaskDefinitions ListTaskDefinitionFamilies
    RunTask StopTask DescribeTasks ListTasks
    TagResource UntagResource ListTagsForResource
    SubmitTaskStateChange SubmitContainerStateChange
    ListServices DescribeServices
    ListAccountSettings PutAccountSetting PutAccountSettingDefault DeleteAccountSetting
    ListContainerInstances DescribeContainerInstances ListAttributes
";

const IAM: &str = "
    CreateRole GetRole DeleteRole ListRoles UpdateRole UpdateRoleDescription
    UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
    AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies TagRole UntagRole ListRoleTags
    PutRolePermissionsBoundary DeleteRolePermissionsBoundary
    CreatePolicy GetPolicy DeletePolicy ListPolicies CreatePolicyVersion GetPolicyVersion
    ListPolicyVersions DeletePolicyVersion SetDefaultPolicyVersion ListEntitiesForPolicy
    TagPolicy UntagPolicy ListPolicyTags
    CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile ListInstanceProfiles
    ListInstanceProfilesForRole AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
    TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags
    CreateUser GetUser DeleteUser ListUsers UpdateUser TagUser UntagUser ListUserTags
    PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies
    AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies
    PutUserPermissionsBoundary DeleteUserPermissionsBoundary
    CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys GetAccessKeyLastUsed
    CreateServiceLinkedRole DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
    GetAccountSummary
    CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups ListGroupsForUser
    AddUserToGroup RemoveUserFromGroup
    PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies
    AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies
    CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword
    GetAccountPasswordPolicy UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy
    CreateVirtualMFADevice EnableMFADevice ResyncMFADevice DeactivateMFADevice
    DeleteVirtualMFADevice ListMFADevices ListVirtualMFADevices GetMFADevice
    TagMFADevice UntagMFADevice ListMFADeviceTags
    CreateAccountAlias DeleteAccountAlias ListAccountAliases
    GetAccountAuthorizationDetails GenerateCredentialReport GetCredentialReport
    SetSecurityTokenServicePreferences GetAccountProperties PutAccountProperties
    CreateOpenIDConnectProvider GetOpenIDConnectProvider DeleteOpenIDConnectProvider
    ListOpenIDConnectProviders AddClientIDToOpenIDConnectProvider
    RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
    TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
    CreateSAMLProvider GetSAMLProvider UpdateSAMLProvider DeleteSAMLProvider ListSAMLProviders
    TagSAMLProvider UntagSAMLProvider ListSAMLProviderTags
    UploadServerCertificate GetServerCertificate ListServerCertificates UpdateServerCertificate
    DeleteServerCertificate TagServerCertificate UntagServerCertificate ListServerCertificateTags
    UploadSSHPublicKey GetSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey DeleteSSHPublicKey
    UploadSigningCertificate ListSigningCertificates UpdateSigningCertificate
    DeleteSigningCertificate
    CreateServiceSpecificCredential ListServiceSpecificCredentials
    ResetServiceSpecificCredential UpdateServiceSpecificCredential
    DeleteServiceSpecificCredential
    SimulatePrincipalPolicy SimulateCustomPolicy GetContextKeysForCustomPolicy
    GetContextKeysForPrincipalPolicy
    EnableOutboundWebIdentityFederation DisableOutboundWebIdentityFederation
    GetOutboundWebIdentityFederationInfo
    GenerateServiceLastAccessedDetails GetServiceLastAccessedDetails
    GetServiceLastAccessedDetailsWithEntities ListPoliciesGrantingServiceAccess
    GenerateOrganizationsAccessReport GetOrganizationsAccessReport
    ListOrganizationsFeatures
    EnableOrganizationsRootCredentialsManagement DisableOrganizationsRootCredentialsManagement
    EnableOrganizationsRootSessions DisableOrganizationsRootSessions
";

const LOGS: &str = "
    CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy
    CreateLogStream DeleteLogStream DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents
    TagLogGroup UntagLogGroup ListTagsLogGroup TagResource UntagResource ListTagsForResource
";

const ORGANIZATIONS: &str = "
    CreateOrganization DescribeOrganization DeleteOrganization ListRoots
    CreateOrganizationalUnit DescribeOrganizationalUnit UpdateOrganizationalUnit
    DeleteOrganizationalUnit ListOrganizationalUnitsForParent ListParents ListChildren
    CreateAccount DescribeCreateAccountStatus ListCreateAccountStatus DescribeAccount ListAccounts
    ListAccountsForParent MoveAccount CloseAccount RemoveAccountFromOrganization
    LeaveOrganization
    CreatePolicy UpdatePolicy DeletePolicy DescribePolicy ListPolicies AttachPolicy DetachPolicy
    ListPoliciesForTarget ListTargetsForPolicy EnablePolicyType DisablePolicyType
    DescribeEffectivePolicy
    EnableAWSServiceAccess DisableAWSServiceAccess ListAWSServiceAccessForOrganization
    TagResource UntagResource ListTagsForResource
    EnableAllFeatures
";
