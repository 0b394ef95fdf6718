use serde_json::{Value, json};

use super::*;

fn with(field: &str, value: Value) -> Value {
    let mut config = json!({"bundle": {"members": {"a.cedar": ""}}});
    config[field] = value;
    config
}

#[track_caller]
fn refused(config: &Value) -> String {
    Config::read(config.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_not_said_is_safe() {
    let config = json!({"bundle": {"members": {"a.cedar": ""}}}).to_string();
    let config = Config::read(config.as_bytes()).unwrap();
    assert!(config.sources.is_empty());
    assert_eq!(config.mode, Mode::Enforce);
    assert_eq!(config.body_bytes, 64 << 10);
    assert!(matches!(config.without_identity, WithoutIdentity::Refuse));
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let jwt = |jwt: Value| with("identity", json!([{"jwt": jwt}]));
    let peer = |peer: Value| with("identity", json!([{"mtls": {"peers": [peer]}}]));
    let mut wrong = Vec::new();
    for (config, place) in [
        (json!({}), "the configuration: it has no `bundle` and no `poll`"),
        (json!({"poll": {"cluster": "a"}}), "poll: missing field `authority`"),
        (json!({"poll": {"cluster": "a", "authority": "b", "path": "/c"}}), "keys: there are none"),
        (with("modus", json!(1)), "modus: unknown field `modus`"),
        (with("mode", json!("open")), "mode: unknown variant `open`"),
        (with("bundle", json!({"folder": "x"})), "bundle: unknown variant `folder`"),
        (with("bundle", json!({"packed": "@"})), "bundle.packed: it is not base64"),
        (with("keys", json!(["x"])), "keys[0]: "),
        (with("site", json!({"hub": {"base": "/"}})), "site.hub.base: unknown field `base`"),
        (with("site", json!({"hub": {"base_url": "x"}})), "site.hub.base_url: "),
        (with("site", json!({"server": {}})), "site.server: missing field `owner`"),
        (jwt(json!({})), "identity[0].jwt: it names no claim"),
        (jwt(json!({"user": 1})), "identity[0].jwt.user: the name of a claim"),
        (jwt(json!({"user": []})), "identity[0].jwt: the path to a claim is empty"),
        (jwt(json!({"groups": "g"})), "identity[0].jwt: "),
        (jwt(json!({"user": "sub", "extra": 1})), "identity[0].jwt.extra: unknown field"),
        (peer(json!({"as": "user"})), "identity[0].mtls.peers[0]: it is not one of"),
        (peer(json!({"as": "user", "uri": "a"})), "identity[0].mtls.peers[0].name: "),
        (
            peer(json!({"as": "user", "uri_prefix": "spiffe://a/team"})),
            "identity[0].mtls.peers[0].uri_prefix: it does not end in `/`",
        ),
        (
            with("identity", json!([{"header": {"name": "X-User", "hop": "whole_listener"}}])),
            "identity[0].header.name: ",
        ),
        (
            with("identity", json!([{"header": {"name": "x-user"}}])),
            "identity[0].header: missing field `hop`",
        ),
        (with("without_identity", json!({"redirect": "//x"})), "without_identity.redirect: "),
        (with("limits", json!({"nonsense": 1})), "limits.nonsense: there is no limit"),
        (with("limits", json!({"body_bytes": -1})), "limits.body_bytes: invalid value"),
        (with("limits", json!({"body_bytes": 2_000_000})), "limits.body_bytes: it is more"),
        (with("texts", json!({"denied": 1})), "texts.denied: invalid type"),
    ] {
        let error = refused(&config);
        if !error.starts_with(place) {
            wrong.push(error);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_struct_is_read_as_the_text_it_stands_for() {
    let config = with("limits", json!({"body_bytes": 100}));
    let read = Config::read(&crate::protobuf::structure(&config)).unwrap();
    assert_eq!(read.body_bytes, 100);
    let error =
        Config::read(&crate::protobuf::structure(&with("mode", json!("open")))).unwrap_err();
    assert_eq!(error.place(), "mode");
}

#[test]
fn what_is_no_configuration_at_all_is_refused() {
    for bytes in [&b""[..], b"  ", b"\xff", b"{", b"[]", b"{} {}", b"null"] {
        assert!(Config::read(bytes).is_err(), "{bytes:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(Config::read(deep.as_bytes()).unwrap_err().to_string().contains("json_nesting"));
}
