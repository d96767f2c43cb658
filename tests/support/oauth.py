"""The words with which OAuth refuses, as Microsoft uses them (RFC 6749, 4.1.2.1 and 5.2; OpenID
Connect Core, 3.1.2.6), and the suberrors that MSAL knows."""

GRANT = ("invalid_grant", "interaction_required", "login_required", "consent_required")
CLIENT = ("invalid_client", "unauthorized_client")
REQUEST = (
    "invalid_request",
    "invalid_scope",
    "invalid_resource",
    "unsupported_grant_type",
    "unsupported_response_type",
)
PASSING = ("server_error", "temporarily_unavailable")
WORDS = (*GRANT, *CLIENT, *REQUEST, *PASSING, "access_denied")

SUBERRORS = (
    "",
    "basic_action",
    "additional_action",
    "message_only",
    "consent_required",
    "user_password_expired",
    "bad_token",
    "token_expired",
    "protection_policy_required",
    "client_mismatch",
    "device_authentication_failed",
    "cancel",
)
