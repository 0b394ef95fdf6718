//! URLs as questions: every route, and every spelling that opened a door elsewhere.

#![expect(clippy::unwrap_used, reason = "a test stops at what is wrong")]

use std::path::Path;

use bumpalo::Bump;
use notegate::adapters::json::RequestJson;
use notegate::adapters::jupyter::{Message, NamedServers, Read, Site};
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{Limits, RequestError};
use notegate::request::{Request, Shape};
use notegate::{Bundle, Pdp};
use serde_json::{Value, json};

fn shape() -> Shape {
    let members = [("policy.cedar".to_owned(), "permit (principal, action, resource);".into())];
    let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
    Pdp::new(&bundle).unwrap().shape()
}

fn hub() -> Site {
    Site::hub("/").unwrap()
}

fn server() -> Site {
    Site::server("/", "ada", "").unwrap()
}

fn get(site: &Site, target: &str) -> Result<Read, RequestError> {
    site.read("GET", target, false, Some("ada"))
}

/// Every reading as its action and the uid of its resource.
fn asked(read: &Read) -> Vec<(&'static str, String)> {
    let readings = read.readings().iter();
    readings.map(|reading| (reading.action(), reading.resource().to_string())).collect()
}

/// A request as JSON.
fn written(request: &Request) -> Value {
    serde_json::to_value(RequestJson::of(request).unwrap()).unwrap()
}

/// A path that fits a pattern.
fn example(pattern: &str) -> String {
    let part = |part: &str| match part {
        "{server?}" => "gpu".to_owned(),
        "{port:port}" => "8888".to_owned(),
        "{path*}" | "{rest*}" | "{room*}" => "notes/a.csv".to_owned(),
        part if part.ends_with('!') => "one".to_owned(),
        part if part.starts_with('{') => "one".to_owned(),
        part => part.to_owned(),
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A body that every route which needs one takes.
const BODY: &str = r#"{"path": "b.csv", "user": "bob", "scopes": ["access:servers"], "name": "r",
    "usernames": ["bob"], "users": ["bob"], "groups": ["g"], "kernel": {"name": "r"}, "expires_in": 60, "note": "x",
    "extension_name": "x", "plugin_name": "y", "copy_from": "c.csv", "admin": false, "shell_command": ["htop"],
    "cwd": "work", "extra_env": {"A": "b"}, "content": "text", "chunk": 1}"#;

#[test]
fn every_route_asks_what_its_row_says_and_the_schema_knows_all_of_it() {
    let shape = shape();
    let sites = [
        (hub(), "/hub/"),
        (server(), "/user/ada/"),
        (Site::standalone("/", "ada").unwrap(), "/"),
        (Site::gateway("/", "eg").unwrap(), "/"),
    ];
    let (mut rows, mut public) = (0, 0);
    for (site, prefix) in &sites {
        for (methods, pattern, action) in site.routes() {
            for method in methods.split(' ') {
                rows += 1;
                let target = format!("{prefix}{}", example(pattern));
                let read = match site.read(method, &target, false, Some("ada")) {
                    Ok(read) => read,
                    Err(error) => {
                        assert!(action.is_empty(), "{method} {target}: {error}");
                        continue;
                    }
                };
                if read.is_public() {
                    assert_eq!(action, "", "{method} {target}");
                    public += 1;
                    continue;
                }
                let [reading, others @ ..] = read.readings() else { unreachable!() };
                let named = pattern.starts_with("user/{user}/{server}");
                assert_eq!(others.len(), usize::from(named), "{method} {target}: {read:?}");
                assert_eq!(reading.action(), action, "{method} {target}");
                let form = ("code=x&client_id=y&username=z", "application/x-www-form-urlencoded");
                let reading = reading.clone().measured();
                let asked = reading
                    .with_body(BODY.as_bytes(), "application/json", &shape.limits)
                    .or_else(|_| reading.with_body(form.0.as_bytes(), form.1, &shape.limits))
                    .unwrap_or_else(|error| panic!("{method} {target}: {error}"));
                for reading in asked {
                    let (facts, arena) = (notebook::context().mfa(true), Bump::new());
                    let ada = (notebook::User::TYPE, "ada");
                    let question = reading.question(ada, &facts, &[], &arena).unwrap();
                    let same = question.to_builder().unwrap().build(&shape).unwrap();
                    let request = reading.request(notebook::user("ada").uid(), facts.clone());
                    let request = request
                        .unwrap()
                        .build(&shape)
                        .unwrap_or_else(|error| panic!("{method} {target}: {error}"));
                    assert_eq!(written(&same), written(&request), "{method} {target}");
                }
            }
        }
    }
    println!("{rows} methods of routes, {public} of them for everybody");
    assert!(rows > 300 && public > 40);
}

#[test]
fn what_lives_in_a_server_is_said_to_be_its_owners_and_so_is_the_server() {
    let read = get(&hub(), "/user/ada/gpu/terminals/websocket/1").unwrap();
    let described: Vec<_> = read.readings().iter().map(|reading| reading.attributes()).collect();
    let (ada, gpu) = (notebook::user("ada").uid(), notebook::server("ada", "gpu"));
    let terminal = notebook::terminal("ada", "gpu", "1").owner(ada.clone()).server(gpu.uid());
    let default = notebook::server("ada", "").owner(ada).name("");
    assert_eq!(described, [[default.described()], [terminal.described()]]);
    let context = read.readings()[1].context();
    assert_eq!(context.fields(), notebook::context().server(gpu.uid()).fields());
    let me = get(&hub(), "/hub/api/user").unwrap();
    assert_eq!(me.readings()[0].attributes(), []);
}

#[test]
fn a_path_below_a_person_is_read_for_the_default_server_and_for_a_named_one() {
    let files = get(&hub(), "/user/ada/files/x.csv").unwrap();
    assert_eq!(
        asked(&files),
        [
            ("contents:download", r#"Notebook::File::"ada//x.csv""#.to_owned()),
            ("server:other", r#"Notebook::Server::"ada/files""#.to_owned()),
        ]
    );
    let named = get(&hub(), "/user/ada/gpu/api/kernels").unwrap();
    assert_eq!(
        asked(&named),
        [
            ("server:other", r#"Notebook::Server::"ada/""#.to_owned()),
            ("kernel:list", r#"Notebook::Server::"ada/gpu""#.to_owned()),
        ]
    );
    let never = hub().named_servers(NamedServers::Never);
    assert_eq!(asked(&get(&never, "/user/ada/files/x.csv").unwrap()).len(), 1);
    // No named server of hub 6 is called like this.
    assert_eq!(asked(&get(&hub(), "/user/ada/Files_1/x").unwrap()).len(), 1);
    let any = hub().named_servers(NamedServers::Anything);
    assert_eq!(asked(&get(&any, "/user/ada/Files_1/x").unwrap()).len(), 2);
    let gpu = Site::server("/", "ada", "gpu").unwrap();
    assert_eq!(asked(&get(&gpu, "/user/ada/gpu/api/kernels").unwrap())[0].0, "kernel:list");
    assert!(get(&gpu, "/user/ada/api/kernels").is_err());
}

#[test]
fn a_name_is_one_name_however_it_is_spelled() {
    for target in ["/user/o'neil/files/a%20b.csv", "/user/o%27neil/files/a%20b.csv"] {
        let read = get(&hub(), target).unwrap();
        assert_eq!(asked(&read)[0].1, r#"Notebook::File::"o\'neil//a b.csv""#);
        assert_eq!(read.canonical(), "/user/o%27neil/files/a%20b.csv");
    }
    let odd = get(&hub(), "/user/x%22%5D%20%7C%7C%20true/lab").unwrap();
    let server = odd.readings()[0].resource();
    assert_eq!(server.id().unescaped(), r#"x"] || true/"#);
}

#[test]
fn a_method_or_a_query_that_changes_what_is_done_changes_what_is_asked() {
    let action = |target: &str| asked(&get(&server(), target).unwrap())[0].0;
    assert_eq!(action("/user/ada/api/contents/a.csv"), "contents:read");
    assert_eq!(action("/user/ada/api/contents/a.csv?content=0"), "contents:stat");
    assert_eq!(action("/user/ada/api/contents/a.csv?content=1"), "contents:read");
    assert!(get(&server(), "/user/ada/api/contents/a.csv?content=0&content=1").is_err());
    assert_eq!(action("/user/ada/nbconvert/html/a.ipynb"), "contents:export");
    assert_eq!(action("/user/ada/api/collaboration/room/json:notebook:1"), "contents:write");
    assert_eq!(action("/user/ada/proxy/db.internal:5432/x"), "port:accessRemote");
    assert_eq!(action("/user/ada/proxy/8888"), "port:access");
    assert_eq!(action("/user/ada/rstudio/x"), "server:other");
    assert_eq!(action("/user/ada/terminals/websocket/1"), "terminal:connect");
    let hub = |target: &str| asked(&get(&hub(), target).unwrap())[0].0;
    assert_eq!(hub("/hub/spawn/ada/gpu"), "server:spawnForm");
    assert_eq!(hub("/hub/spawn/ada/gpu?profile=big"), "server:start");
    assert_eq!(hub("/hub/authorize/bob"), "user:approve");
    let shares = |target: &str| asked(&get(&self::hub(), target).unwrap())[0].1.clone();
    assert_eq!(shares("/hub/api/shares/ada"), r#"Notebook::User::"ada""#);
    assert_eq!(shares("/hub/api/shares/ada/"), r#"Notebook::Server::"ada/""#);
    let head = server().read("HEAD", "/user/ada/api/contents/a.csv", false, None).unwrap();
    assert_eq!(asked(&head)[0].0, "contents:read");
    // Somebody's own things are nobody's when nobody asks.
    assert!(Site::hub("/").unwrap().read("GET", "/hub/spawn", false, None).is_err());
}

fn narrowed(
    method: &str,
    path: &str,
    body: &str,
) -> Result<Vec<(&'static str, String)>, RequestError> {
    let site = if path.starts_with("/hub") { hub() } else { server() };
    let read = site.read(method, path, false, Some("ada"))?;
    let first = read.readings().first().unwrap();
    let readings = first.with_body(body.as_bytes(), "", &Limits::default())?;
    Ok(readings.iter().map(|one| (one.action(), one.resource().to_string())).collect())
}

#[test]
fn what_a_body_names_is_asked_for() {
    let spec = |name: &str| format!(r#"Notebook::KernelSpec::"{name}""#);
    let kernels = |body: &str| narrowed("POST", "/user/ada/api/kernels", body);
    assert_eq!(kernels(r#"{"name": "ir"}"#).unwrap(), [("kernel:start", spec("ir"))]);
    assert_eq!(kernels("").unwrap(), [("kernel:start", spec("python3"))]);
    for default in [r#"{"name": null}"#, r#"{"name": ""}"#, r#"{"name": "python"}"#] {
        assert_eq!(kernels(default).unwrap(), [("kernel:start", spec("python3"))], "{default}");
    }
    // A server finds it in whatever case.
    assert_eq!(kernels(r#"{"name": "IR"}"#).unwrap(), [("kernel:start", spec("ir"))]);
    for body in
        [r#"{"name": 1}"#, r#"{"name": "a", "name": "b"}"#, "[]", "{", r#"{"name": "a"} {}"#]
    {
        assert!(kernels(body).is_err(), "{body}");
    }
    assert!(kernels(&"[".repeat(200)).is_err());
    let sessions = |body: &str| narrowed("POST", "/user/ada/api/sessions", body).unwrap();
    assert_eq!(sessions(r#"{"kernel": {"name": "ir"}}"#), [("kernel:start", spec("ir"))]);
    assert_eq!(sessions("{}"), [("kernel:start", spec("python3"))]);
    // A kernel that does not run any more is started by its name, or else the default one.
    let attach = ("session:attach", r#"Notebook::Kernel::"k""#.to_owned());
    let asked = sessions(r#"{"kernel": {"id": "k", "name": "ir"}}"#);
    assert_eq!(asked, [attach.clone(), ("kernel:start", spec("ir"))]);
    let asked = sessions(r#"{"kernel": {"id": "k"}}"#);
    assert_eq!(asked, [attach, ("kernel:start", spec("python3"))]);
    let asked = sessions(r#"{"kernel": {"id": "", "name": "ir"}}"#);
    assert_eq!(asked, [("kernel:start", spec("ir"))]);
    let older = narrowed("POST", "/user/ada/api/sessions", r#"{"notebook": {"path": "a.ipynb"}}"#);
    assert!(older.is_err());
    let change = |body: &str| narrowed("PATCH", "/user/ada/api/sessions/s", body).unwrap();
    assert_eq!(change(r#"{"name": "x"}"#).len(), 1);
    assert_eq!(change(r#"{"kernel": {"id": "k", "name": "ir"}}"#)[1].0, "session:attach");
    assert_eq!(change(r#"{"kernel": {"name": "ir"}}"#)[1], ("kernel:start", spec("ir")));
    let copy =
        narrowed("POST", "/user/ada/api/contents/new", r#"{"copy_from": "/old.csv"}"#).unwrap();
    assert_eq!(copy[1], ("contents:read", r#"Notebook::File::"ada//old.csv""#.to_owned()));
    let rename = |body: &str| narrowed("PATCH", "/user/ada/api/contents/a.csv", body);
    assert!(rename(r#"{"path": "../b"}"#).is_err() && rename("{}").is_err());
    assert!(rename(r#"{"path": "b"}"#).is_ok());
    let stop = narrowed("DELETE", "/hub/api/users/ada/servers/gpu", r#"{"remove": true}"#).unwrap();
    assert_eq!((stop[0].0, stop[1].0), ("server:stop", "server:delete"));
    let token = |body: &str| narrowed("POST", "/hub/api/users/ada/tokens", body);
    assert!(token(r#"{"expires_in": -1}"#).is_err() && token(r#"{"roles": ["admin"]}"#).is_err());
    let share = |body: &str| narrowed("POST", "/hub/api/shares/ada/gpu", body);
    assert!(share(r#"{"user": "bob", "group": "all"}"#).is_err() && share("{}").is_err());
}

/// What a body adds to the context, as the first reading has it.
fn facts(method: &str, path: &str, body: &str) -> serde_json::Value {
    let read = hub().read(method, path, false, Some("ada")).unwrap();
    let first = read.readings().first().unwrap();
    let readings = first.with_body(body.as_bytes(), "", &Limits::default()).unwrap();
    let context = readings.first().unwrap().context().clone();
    context.build().unwrap().to_json_value().unwrap()
}

#[test]
fn a_copy_is_held_against_what_is_known_of_what_it_is_made_from() {
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/baseline");
    let pdp = Pdp::new(&Bundle::from_folder(&baseline, &Limits::default()).unwrap()).unwrap();
    let allowed = |server: &str, source: &str| {
        let path = format!("{server}/api/contents/work");
        let read = hub().read("POST", &path, false, Some("ada")).unwrap();
        let [reading, ..] = read.readings() else { unreachable!() };
        let body = serde_json::json!({ "copy_from": source }).to_string();
        let readings = reading.with_body(body.as_bytes(), "", &Limits::default()).unwrap();
        assert_eq!(readings.len(), 2);
        readings.iter().all(|reading| {
            let asked = reading.request(notebook::user("ada").uid(), notebook::context()).unwrap();
            pdp.authorize(&asked.build(&pdp.shape()).unwrap()).allowed()
        })
    };
    for source in ["work/plan.ipynb", "work/plan.csv"] {
        assert!(allowed("/user/ada", source), "{source}");
        assert!(!allowed("/user/bob", source), "{source}");
    }
}

/// An object with so many names.
fn many(count: usize) -> Value {
    (0..count).map(|at| (at.to_string(), json!("x"))).collect()
}

#[test]
fn a_new_terminals_own_command_is_known_and_a_plain_one_has_none() {
    let of = |body: &str| facts("POST", "/user/ada/api/terminals", body);
    for plain in ["", "{}", "null", r#"{"shell_command": null, "extra_env": {}}"#] {
        let known = of(plain);
        for fact in ["command", "program", "directory", "environment", "name"] {
            assert_eq!(known[fact], json!(null), "{plain}: {fact}");
        }
    }
    let known = of(r#"{"shell_command": ["/bin/sh", "-c", "id; w"], "cwd": "a/../b", "name": "1",
        "extra_env": {"PATH": "/tmp", "BASH_ENV": null}}"#);
    assert_eq!(known["program"], json!("/bin/sh"));
    assert_eq!(known["command"], json!("/bin/sh -c 'id; w'"));
    assert_eq!(known["directory"], json!("a/../b"));
    assert_eq!(known["environment"], json!(["BASH_ENV", "PATH"]));
    assert_eq!(known["name"], json!("1"));
    for body in [
        r#"{"shell_command": "sh"}"#,
        r#"{"shell_command": []}"#,
        r#"{"shell_command": ["sh", 1]}"#,
        r#"{"shell_command": ["sh"], "shell_command": null}"#,
        r#"{"extra_env": ["PATH"]}"#,
        r#"{"cwd": 1}"#,
        r#"{"name": 1}"#,
        "[]",
    ] {
        assert!(narrowed("POST", "/user/ada/api/terminals", body).is_err(), "{body}");
    }
    let many = json!({ "extra_env": many(1_025) }).to_string();
    assert!(narrowed("POST", "/user/ada/api/terminals", &many).is_err());
}

#[test]
fn how_much_is_written_is_known_where_a_policy_looks_at_it() {
    let put = || server().read("PUT", "/user/ada/api/contents/a.bin", false, Some("ada")).unwrap();
    let context = |read: &Read, body: &str| {
        let readings = read.with_body(body.as_bytes(), "", &Limits::default()).unwrap();
        let context = readings.first().unwrap().context();
        context.build().unwrap().to_json_value().unwrap()
    };
    let body = r#"{"type": "file", "format": "base64", "content": "YWJj", "chunk": 2}"#;
    let unread = put().looked_at(|fact| fact == "path");
    assert!(!unread.needs_body());
    assert_eq!(context(&unread, body)["bytes"], json!(null));
    for looked_at in ["bytes", "chunk"] {
        let read = put().looked_at(|fact| fact == looked_at);
        assert!(read.needs_body(), "{looked_at}");
        assert_eq!(read.readings()[0].needs(), ["content"]);
        let known = context(&read, body);
        assert_eq!((&known["bytes"], &known["chunk"]), (&json!(3), &json!(2)));
        assert_eq!(context(&read, "")["bytes"], json!(0));
    }
    let read = put().looked_at(|_| true);
    // Longer than what else is sent may be.
    let content = "x".repeat(2 << 20);
    let large = format!(r#"{{"type": "file", "format": "text", "content": "{content}"}}"#);
    assert_eq!(context(&read, &large)["bytes"], json!(2 << 20));
    let twice = r#"{"content": "", "content": "x"}"#;
    assert!(read.with_body(twice.as_bytes(), "", &Limits::default()).is_err());
    assert!(read.with_body(b"\xff", "", &Limits::default()).is_err());
    // Of nothing else a body is waited for.
    for (method, path) in [("GET", "api/contents/a.csv"), ("PUT", "api/collaboration/fork/r")] {
        let read = server().read(method, &format!("/user/ada/{path}"), false, None).unwrap();
        assert!(!read.looked_at(|_| true).needs_body(), "{path}");
    }
}

#[test]
fn people_are_let_into_their_own_servers_by_what_the_address_of_a_client_says() {
    let minimal = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/minimal");
    let pdp = Pdp::new(&Bundle::from_folder(&minimal, &Limits::default()).unwrap()).unwrap();
    let allowed = |site: &Site, method: &str, query: &str, body: &str| {
        let target = format!("/hub/api/oauth2/authorize{query}");
        let read = site.read(method, &target, false, Some("ada")).unwrap();
        let [reading] = read.readings() else { unreachable!() };
        let form = "application/x-www-form-urlencoded";
        let narrowed = reading.with_body(body.as_bytes(), form, &Limits::default()).unwrap();
        let [reading] = &*narrowed else { unreachable!() };
        let request = reading.request(notebook::user("ada").uid(), notebook::context()).unwrap();
        pdp.authorize(&request.build(&pdp.shape()).unwrap()).allowed()
    };
    let get = |site: &Site, id: &str| allowed(site, "GET", &format!("?client_id={id}"), "");
    assert!(get(&hub(), "jupyterhub-user-ada"));
    for other in ["jupyterhub-user-bob", "jupyterhub-user-%2561da", "service-ada", ""] {
        assert!(!get(&hub(), other), "{other}");
    }
    assert!(allowed(&hub(), "POST", "?client_id=jupyterhub-user-ada", "scopes=identify"));
    assert!(allowed(&hub(), "POST", "", "client_id=jupyterhub-user-ada"));
    assert!(!allowed(&hub(), "POST", "", "client_id=jupyterhub-user-bob"));
    // A named server of ada's, or that of somebody who is called `ada-gpu`.
    for named in [NamedServers::Never, NamedServers::Plain, NamedServers::Anything] {
        assert!(!get(&hub().named_servers(named), "jupyterhub-user-ada-gpu"), "{named:?}");
    }
}

#[test]
fn what_a_body_leaves_out_is_what_the_hub_puts_in_its_place() {
    let scopes = |method: &str, path: &str, body: &str| facts(method, path, body)["scopes"].clone();
    let tokens = "/hub/api/users/ada/tokens";
    for all in ["", "{}", r#"{"scopes": null}"#, r#"{"note": "x"}"#] {
        assert_eq!(scopes("POST", tokens, all), json!(["inherit"]), "{all}");
    }
    assert_eq!(scopes("POST", tokens, r#"{"scopes": []}"#), json!([]));
    let share = "/hub/api/shares/ada/gpu";
    for all in [r#"{"user": "bob"}"#, r#"{"user": "bob", "scopes": []}"#] {
        assert_eq!(scopes("POST", share, all), json!(["access:servers"]), "{all}");
        assert_eq!(scopes("PATCH", share, all), json!(null), "{all}");
    }
    let code = facts("POST", "/hub/api/share-codes/ada/gpu", "");
    assert_eq!(code["scopes"], json!(["access:servers"]));
    assert_eq!(code["lifetime"]["__extn"]["arg"], json!("86400000ms"));
}

#[test]
fn everybody_and_every_group_in_a_body_is_asked_for_by_the_name_the_hub_gives() {
    let user = |name: &str| format!(r#"Notebook::User::"{name}""#);
    let asked =
        narrowed("POST", "/hub/api/users", r#"{"usernames": ["Root", "bob"], "admin": true}"#);
    let hub = ("user:create", r#"Notebook::Hub::"main""#.to_owned());
    assert_eq!(asked.unwrap(), [hub, ("user:create", user("root")), ("user:create", user("bob"))]);
    let groups = narrowed("POST", "/hub/api/groups", r#"{"groups": ["staff"]}"#).unwrap();
    assert_eq!(groups[1], ("group:create", r#"Notebook::Group::"staff""#.to_owned()));
    let member = |method: &str, path: &str| {
        facts(method, path, r#"{"users": ["Root"]}"#)["members"][0]["__entity"]["id"].clone()
    };
    assert_eq!(member("POST", "/hub/api/groups/staff"), json!("root"));
    assert_eq!(member("POST", "/hub/api/groups/staff/users"), json!("root"));
    let renamed = facts("PATCH", "/hub/api/users/bob", r#"{"name": "Root"}"#);
    assert_eq!(renamed["newName"], json!("root"));
}

#[test]
fn what_a_form_says_may_stand_in_the_query_and_is_never_two_things() {
    let asked = |target: &str, body: &str| {
        let read = hub().read("POST", target, false, Some("ada")).unwrap();
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        let readings = read.readings()[0].with_body(body.as_bytes(), form, &Limits::default());
        readings.map(|readings| readings[0].resource().id().unescaped().to_owned())
    };
    // The page where a person consents has the client in its address.
    let authorize = "/hub/api/oauth2/authorize?client_id=service-x&state=y";
    assert_eq!(asked(authorize, "scopes=identify&_xsrf=z").unwrap(), "service-x");
    assert_eq!(asked(authorize, "client_id=service-x").unwrap(), "service-x");
    assert!(asked(authorize, "client_id=service-y").is_err());
    assert!(asked("/hub/api/oauth2/authorize", "scopes=identify").is_err());
    assert!(asked("/hub/api/oauth2/authorize", "client_id=x&client_id=y").is_err());
    let code = |target: &str, body: &str| asked(target, body).unwrap();
    let plain = code("/hub/accept-share", "code=abc");
    assert_eq!(plain, code("/hub/accept-share?code=abc", "_xsrf=z"));
    assert_eq!(plain, code("/hub/accept-share", "code=+abc+"));
    assert_eq!(asked("/hub/signup", "username=Bob").unwrap(), "bob");
}

#[test]
fn what_is_passed_on_is_what_servers_look_for() {
    let canonical = |target: &str| get(&hub(), target).unwrap().canonical().to_owned();
    assert_eq!(canonical("/user/ada/proxy/db%3A5432/q"), "/user/ada/proxy/db:5432/q");
    assert_eq!(canonical("/user/ada/gpu/proxy/db:5432/"), "/user/ada/gpu/proxy/db:5432/");
    assert_eq!(canonical("/user/a:b/lab"), "/user/a%3Ab/lab");
    let own = Site::standalone("/", "ada").unwrap();
    assert_eq!(get(&own, "/proxy/db:5432").unwrap().canonical(), "/proxy/db:5432");
}

#[test]
fn a_code_is_not_in_what_is_asked() {
    let read = get(&hub(), "/hub/accept-share?code=secret-code").unwrap();
    assert!(!format!("{read:?}").contains("secret-code"));
}

#[test]
fn messages_are_told_apart_by_their_type() {
    let action = |kind: &str| Message::read(kind, "{}", &Limits::default()).map(|one| one.action());
    assert_eq!(action("execute_request").unwrap(), "kernel:execute");
    assert_eq!(action("comm_msg").unwrap(), "kernel:comm");
    assert_eq!(action("shutdown_request").unwrap(), "kernel:shutdownRequest");
    assert!(action("execute_reply").is_err() && action("").is_err());
    assert!(Message::read("execute_request", "[]", &Limits::default()).is_err());
    assert!(
        Message::read("execute_request", r#"{"code": "a", "code": "b"}"#, &Limits::default())
            .is_err()
    );
}

#[test]
fn all_that_a_message_has_run_is_its_code() {
    let read = |content: Value| {
        Message::read("execute_request", &content.to_string(), &Limits::default())
            .map(|message| message.context().clone().build().unwrap().to_json_value().unwrap())
    };
    let known = read(json!({"code": "1", "silent": false, "user_expressions": {}})).unwrap();
    assert_eq!(known, json!({"code": "1", "silent": false}));
    let hidden = json!({"b": "open('x')", "a": "f()"});
    let known = read(json!({"code": "", "silent": true, "user_expressions": hidden})).unwrap();
    let expressions = json!(["f()", "open('x')"]);
    assert_eq!(known["code"], json!("\nopen('x')\nf()"));
    assert_eq!((&known["userExpressions"], &known["silent"]), (&expressions, &json!(true)));
    let known = read(json!({"user_expressions": {"a": "f()"}})).unwrap();
    assert_eq!(known["code"], json!("f()"));
    assert!(read(json!({"user_expressions": many(1_024)})).is_ok());
    // What is not stored is hidden, whichever way it is said.
    for (silent, store, known) in [
        (json!(null), json!(null), json!(null)),
        (json!(null), json!(true), json!(false)),
        (json!(null), json!(false), json!(true)),
        (json!(false), json!(null), json!(false)),
        (json!(false), json!(true), json!(false)),
        (json!(false), json!(false), json!(true)),
        (json!(true), json!(true), json!(true)),
    ] {
        let content = json!({"silent": silent, "store_history": store});
        assert_eq!(read(content.clone()).unwrap()["silent"], known, "{content}");
    }
    for wrong in [
        json!({"code": ["a", "b"]}),
        json!({"code": 1}),
        json!({"silent": 1}),
        json!({"store_history": 0}),
        json!({"user_expressions": ["a"]}),
        json!({"user_expressions": "a"}),
        json!({"user_expressions": {"a": ["b", "c"]}}),
        json!({"user_expressions": {"a": null}}),
        json!({"user_expressions": many(1_025)}),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}
