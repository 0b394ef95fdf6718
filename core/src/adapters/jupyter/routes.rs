//! Every route of a hub, of a single-user server with the usual extensions, and of a kernel gateway.
//!
//! The first row that fits decides, as in the servers themselves. A pattern is segments: text,
//! `{name}` for one segment, `{name:word}` and `{name:port}` for one of that form, `{name?}` for one that may be absent, and `{name*}` for any number of them;
//! behind `!` comes no slash.

/// A route, and what is asked when it is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Separated by spaces.
    pub(super) methods: &'static str,
    pub(super) pattern: &'static str,
    pub(super) action: &'static str,
    pub(super) on: On,
    pub(super) body: Body,
}

/// What the action is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// Nobody is asked: what is there is the same for everybody.
    Public,
    /// Nobody may.
    Nobody,
    Hub,
    /// The person who asks.
    Me,
    /// The default server of the person who asks.
    MyServer,
    /// `{user}`; who wants an account is in the body.
    Person,
    /// `{user}` and `{server}`.
    Server,
    /// The default server of `{user}`, and the named one that `{server}` may be.
    AnyServer,
    /// `{group}`.
    Group,
    /// `{service}`.
    Service,
    /// `{user}` and `{token}`.
    Token,
    /// `{owner}`, `{server}`, and `{user}` or `{group}` who has it.
    Share,
    /// `?code=`.
    ShareCode,
    /// `?client_id=`.
    Client,
    /// The server or gateway whose path it is.
    Here,
    /// `{path}`.
    File,
    /// `?path=`.
    FileOfQuery,
    /// `{room}`.
    Room,
    /// `{kernel}`.
    Kernel,
    /// `{spec}`, or the default one when the body names none.
    Spec,
    /// `{session}`.
    Session,
    /// `{terminal}`.
    Terminal,
    /// `{port}`: a port of the server, or a host with a port.
    Port,
}

/// What the body says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing that decides.
    Unread,
    /// The kernel to start: `name`.
    Kernel,
    /// The session's kernel to start or to tie it to: `kernel.name`, `kernel.id`.
    Session,
    /// The same, in a session that is there: without a kernel it is only changed.
    SessionChange,
    /// Where it is moved: `path`.
    NewPath,
    /// What it is a copy of: `copy_from`.
    Copy,
    /// `usernames` and `admin`.
    People,
    /// `name` and `admin`.
    Person,
    /// `groups` and `users`.
    Groups,
    /// `users`.
    Members,
    /// `expires_in`, `scopes`, `note`.
    Token,
    /// `user` or `group`, and `scopes`.
    Share,
    /// The same, to take it away: without scopes it is all.
    Revoke,
    /// `scopes` and `expires_in`.
    Code,
    /// `code`, in a form.
    FormCode,
    /// `client_id`, in a form.
    FormClient,
    /// `username`, in a form.
    FormPerson,
    /// `remove`.
    Remove,
    /// `cmd` and `extension_name`.
    Extension,
    /// `plugin_name`.
    Plugin,
    /// `shell_command`, `cwd`, `extra_env`, `name`.
    Terminal,
    /// `content`, which is large, for policies that look at its size.
    Content,
    /// The same, where one does.
    Measured,
}

impl Body {
    /// What there is no asking without.
    pub(super) fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Unread | Self::Content => &[],
            Self::Kernel => &["kernel_name"],
            Self::Session | Self::SessionChange => &["session"],
            Self::NewPath => &["rename"],
            Self::Copy => &["copy_from"],
            Self::People => &["users"],
            Self::Person | Self::FormPerson => &["user"],
            Self::Groups => &["groups"],
            Self::Members => &["group_members"],
            Self::Token => &["token"],
            Self::Share | Self::Revoke | Self::Code => &["share"],
            Self::FormCode => &["share_code"],
            Self::FormClient => &["client"],
            Self::Remove => &["remove"],
            Self::Extension => &["extension"],
            Self::Plugin => &["plugin"],
            Self::Terminal => &["terminal"],
            Self::Measured => &["content"],
        }
    }
}

const fn row(methods: &'static str, pattern: &'static str, action: &'static str, on: On) -> Row {
    Row { methods, pattern, action, on, body: Body::Unread }
}

const fn with(
    methods: &'static str,
    pattern: &'static str,
    action: &'static str,
    on: On,
    body: Body,
) -> Row {
    Row { methods, pattern, action, on, body }
}

const fn public(methods: &'static str, pattern: &'static str) -> Row {
    row(methods, pattern, "", On::Public)
}

/// Every method that a route may have.
pub(super) const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

const ANY: &str = "GET HEAD POST PUT PATCH DELETE";

/// Below the hub's own prefix.
pub(super) const HUB: &[Row] = &[
    row("GET", "", "hub:view", On::Hub),
    row("GET POST PATCH DELETE", "user/{user}", "server:access", On::Server),
    row("GET POST PATCH DELETE", "user/{user}/{server}/{rest*}", "server:access", On::AnyServer),
    row("GET", "user-redirect/{rest*}", "server:access", On::MyServer),
    public("POST", "security/csp-report"),
    row("GET", "home", "hub:view", On::Hub),
    row("GET", "admin", "hub:adminUI", On::Hub),
    row("GET", "spawn-pending/{user}/{server?}", "server:watchProgress", On::Server),
    // With a query it starts the server, as it does when it is posted.
    row("GET", "spawn", "server:spawnForm", On::MyServer),
    row("POST", "spawn", "server:start", On::MyServer),
    row("GET", "spawn/{user}/{server?}", "server:spawnForm", On::Server),
    row("POST", "spawn/{user}/{server?}", "server:start", On::Server),
    row("GET", "token", "token:view", On::Me),
    row("GET", "accept-share", "share:viewCode", On::ShareCode),
    with("POST", "accept-share", "share:accept", On::ShareCode, Body::FormCode),
    public("GET", "error/{status}"),
    public("GET HEAD", "health"),
    public("GET HEAD", "api/health"),
    public("GET", "login"),
    row("POST", "login", "hub:login", On::Hub),
    public("GET", "oauth_login"),
    row("GET", "oauth_callback", "hub:login", On::Hub),
    row("GET", "logout", "hub:logout", On::Hub),
    row("GET", "metrics", "hub:readMetrics", On::Hub),
    row("GET", "api/metrics", "hub:readMetrics", On::Hub),
    row("GET", "api/authorizations/cookie/{name}/{value?}", "token:introspect", On::Hub),
    row("GET POST", "api/authorizations/token/{value?}", "token:introspect", On::Hub),
    row("GET", "api/oauth2/authorize", "oauth:authorize", On::Client),
    with("POST", "api/oauth2/authorize", "oauth:authorize", On::Client, Body::FormClient),
    with("POST", "api/oauth2/token", "oauth:token", On::Client, Body::FormClient),
    row("POST", "api/shutdown", "hub:shutdown", On::Hub),
    public("GET", "api"),
    row("GET", "api/info", "hub:readInfo", On::Hub),
    row("GET", "api/proxy", "proxy:readRoutes", On::Hub),
    row("POST", "api/proxy", "proxy:sync", On::Hub),
    row("PATCH", "api/proxy", "proxy:replace", On::Hub),
    row("GET", "api/user", "user:whoami", On::Me),
    row("GET", "api/users", "user:list", On::Hub),
    with("POST", "api/users", "user:create", On::Hub, Body::People),
    row("GET", "api/users/{user}", "user:read", On::Person),
    with("POST", "api/users/{user}", "user:create", On::Person, Body::Person),
    with("PATCH", "api/users/{user}", "user:update", On::Person, Body::Person),
    row("DELETE", "api/users/{user}", "user:delete", On::Person),
    row("GET", "api/users/{user}/server/progress", "server:watchProgress", On::Server),
    row("GET", "api/users/{user}/servers/{server}/progress", "server:watchProgress", On::Server),
    row("GET", "api/users/{user}/server", "server:read", On::Server),
    row("POST", "api/users/{user}/server", "server:start", On::Server),
    row("PUT", "api/users/{user}/server", "server:create", On::Server),
    row("PATCH", "api/users/{user}/server", "server:update", On::Server),
    with("DELETE", "api/users/{user}/server", "server:stop", On::Server, Body::Remove),
    row("GET", "api/users/{user}/servers/{server?}", "server:read", On::Server),
    row("POST", "api/users/{user}/servers/{server?}", "server:start", On::Server),
    row("PUT", "api/users/{user}/servers/{server?}", "server:create", On::Server),
    row("PATCH", "api/users/{user}/servers/{server?}", "server:update", On::Server),
    with("DELETE", "api/users/{user}/servers/{server?}", "server:stop", On::Server, Body::Remove),
    row("GET", "api/users/{user}/tokens", "token:list", On::Person),
    with("POST", "api/users/{user}/tokens", "token:issue", On::Person, Body::Token),
    row("GET", "api/users/{user}/tokens/{token}", "token:read", On::Token),
    row("DELETE", "api/users/{user}/tokens/{token}", "token:revoke", On::Token),
    row("POST", "api/users/{user}/activity", "activity:report", On::Person),
    row("POST", "api/users/{user}/admin-access", "server:access", On::Server),
    row("GET", "api/users/{user}/shared", "share:list", On::Person),
    row("GET", "api/users/{user}/shared/{owner}/{server?}", "share:read", On::Share),
    row("DELETE", "api/users/{user}/shared/{owner}/{server?}", "share:revoke", On::Server),
    row("GET", "api/groups", "group:list", On::Hub),
    with("POST", "api/groups", "group:create", On::Hub, Body::Groups),
    row("GET", "api/groups/{group}", "group:read", On::Group),
    with("POST", "api/groups/{group}", "group:create", On::Group, Body::Members),
    row("DELETE", "api/groups/{group}", "group:delete", On::Group),
    with("POST", "api/groups/{group}/users", "group:addMember", On::Group, Body::Members),
    with("DELETE", "api/groups/{group}/users", "group:removeMember", On::Group, Body::Members),
    row("PUT", "api/groups/{group}/properties", "group:setProperties", On::Group),
    row("GET", "api/groups/{group}/shared", "share:list", On::Group),
    row("GET", "api/groups/{group}/shared/{owner}/{server?}", "share:read", On::Share),
    row("DELETE", "api/groups/{group}/shared/{owner}/{server?}", "share:revoke", On::Server),
    row("GET", "api/services", "service:list", On::Hub),
    row("GET", "api/services/{service}", "service:read", On::Service),
    row("POST", "api/services/{service}", "service:create", On::Service),
    row("DELETE", "api/services/{service}", "service:delete", On::Service),
    // With a slash behind the name it is the default server, without one all of the person's.
    row("GET", "api/shares/{user}!", "share:list", On::Person),
    with("POST PATCH", "api/shares/{user}!", "share:grant", On::Person, Body::Share),
    row("DELETE", "api/shares/{user}!", "share:revokeAll", On::Server),
    row("GET", "api/shares/{user}/{server?}", "share:list", On::Server),
    with("POST", "api/shares/{user}/{server?}", "share:grant", On::Server, Body::Share),
    with("PATCH", "api/shares/{user}/{server?}", "share:revoke", On::Server, Body::Revoke),
    row("DELETE", "api/shares/{user}/{server?}", "share:revokeAll", On::Server),
    row("GET", "api/share-codes/{user}/{server?}", "sharecode:list", On::Server),
    with("POST", "api/share-codes/{user}/{server?}", "sharecode:create", On::Server, Body::Code),
    row("DELETE", "api/share-codes/{user}/{server?}", "sharecode:revoke", On::Server),
    public("GET HEAD", "static/{rest*}"),
    public("GET HEAD", "logo"),
    public("GET", "signup"),
    with("POST", "signup", "user:signup", On::Person, Body::FormPerson),
    row("GET", "authorize", "hub:adminUI", On::Hub),
    // These change a person's account in spite of their method.
    row("GET", "authorize/{user}", "user:approve", On::Person),
    row("GET", "discard/{user}", "user:reject", On::Person),
    row("GET", "confirm/{user}", "user:approve", On::Person),
    row("GET POST", "change-password", "user:changePassword", On::Me),
    row("GET POST", "change-password/{user}", "user:changePassword", On::Person),
    row(ANY, "{rest*}", "", On::Nobody),
];

/// Below the prefix of a single-user server, or of a server without a hub.
pub(super) const SERVER: &[Row] = &[
    public("GET HEAD POST PUT", ""),
    row("GET", "lsp/status", "lsp:read", On::Here),
    row("GET", "lsp/ws/{rest*}", "lsp:connect", On::Here),
    row("GET", "api/metrics/v1", "server:readMetrics", On::Here),
    row("GET", "api/metrics/v1/kernel_usage/get_usage/{kernel}", "kernel:readUsage", On::Kernel),
    row("GET", "api/fileid/id", "contents:stat", On::FileOfQuery),
    row("GET", "api/fileid/path", "contents:stat", On::Here),
    row(ANY, "proxy/absolute/{port:port}/{rest*}", "port:access", On::Port),
    row(ANY, "proxy/{port:port}/{rest*}", "port:access", On::Port),
    row("GET", "server-proxy/servers-info", "server:view", On::Here),
    row("GET", "server-proxy/icon/{rest*}", "server:view", On::Here),
    row("GET", "terminals/websocket/{terminal}", "terminal:connect", On::Terminal),
    row("GET", "terminals/{terminal}", "terminal:view", On::Terminal),
    row("GET", "api/terminals", "terminal:list", On::Here),
    with("POST", "api/terminals", "terminal:open", On::Here, Body::Terminal),
    row("GET", "api/terminals/{terminal}", "terminal:read", On::Terminal),
    row("DELETE", "api/terminals/{terminal}", "terminal:close", On::Terminal),
    row("GET", "api/collaboration/fork/{room*}", "contents:read", On::Room),
    row("PUT DELETE", "api/collaboration/fork/{room*}", "contents:write", On::Room),
    // It is opened by reading, and carries edits.
    row("GET", "api/collaboration/room/{room*}", "contents:write", On::Room),
    row("PUT", "api/collaboration/session/{path*}", "contents:open", On::File),
    row("GET", "api/collaboration/timeline/{path*}", "contents:read", On::File),
    row("PUT", "api/collaboration/undo_redo/{room*}", "contents:write", On::Room),
    row("GET", "lab/api/build", "lab:readBuild", On::Here),
    row("POST DELETE", "lab/api/build", "lab:build", On::Here),
    row("GET", "lab/api/extensions", "extension:list", On::Here),
    with("POST", "lab/api/extensions", "extension:install", On::Here, Body::Extension),
    row("GET", "lab/api/plugins", "plugin:list", On::Here),
    with("POST", "lab/api/plugins", "plugin:configure", On::Here, Body::Plugin),
    row("GET", "lab/api/update", "ui:view", On::Here),
    row("GET", "lab/api/news", "ui:view", On::Here),
    row("GET", "lab/api/settings/{rest*}", "settings:read", On::Here),
    row("PUT", "lab/api/settings/{rest*}", "settings:write", On::Here),
    row("GET", "lab/api/translations/{rest*}", "ui:view", On::Here),
    row("GET", "lab/api/workspaces/{rest*}", "workspace:read", On::Here),
    row("PUT", "lab/api/workspaces/{rest*}", "workspace:write", On::Here),
    row("DELETE", "lab/api/workspaces/{rest*}", "workspace:delete", On::Here),
    row("GET", "lab/api/listings/{rest*}", "ui:view", On::Here),
    public("GET HEAD", "lab/api/themes/{rest*}"),
    row("GET", "lab/api/licenses/{rest*}", "ui:view", On::Here),
    public("GET HEAD", "lab/extensions/{rest*}"),
    row(ANY, "lab/api/{rest*}", "server:other", On::Here),
    row("GET", "lab/{rest*}", "ui:view", On::Here),
    row("GET", "doc", "ui:view", On::Here),
    row("GET", "doc/tree/{rest*}", "ui:view", On::Here),
    row("GET", "doc/workspaces/{rest*}", "ui:view", On::Here),
    row("GET", "nbclassic/view/{path*}", "contents:download", On::File),
    row("GET", "nbclassic", "ui:view", On::Here),
    row("GET", "nbclassic/tree/{rest*}", "ui:view", On::Here),
    row("GET", "nbclassic/notebooks/{rest*}", "ui:view", On::Here),
    row("GET", "nbclassic/edit/{rest*}", "ui:view", On::Here),
    row("GET", "tree/{rest*}", "ui:view", On::Here),
    row("GET", "notebooks/{rest*}", "ui:view", On::Here),
    row("GET", "edit/{rest*}", "ui:view", On::Here),
    row("GET", "consoles/{rest*}", "ui:view", On::Here),
    public("GET HEAD", "custom/{rest*}"),
    public("GET HEAD", "static/{rest*}"),
    public("GET HEAD", "nbextensions/{rest*}"),
    public("GET HEAD", "robots.txt"),
    public("GET HEAD", "favicon.ico"),
    row("GET HEAD", "api/spec.yaml", "server:readApiSpec", On::Here),
    row("GET", "api/status", "server:readStatus", On::Here),
    row("GET", "api/me", "user:whoami", On::Me),
    row("PATCH", "api/me", "user:updateProfile", On::Me),
    row("GET", "api/resolvePath", "contents:stat", On::FileOfQuery),
    row("GET", "api/config/{section}", "config:read", On::Here),
    row("PUT PATCH", "api/config/{section}", "config:write", On::Here),
    row("GET", "api/contents/{path*}/checkpoints", "checkpoint:list", On::File),
    row("POST", "api/contents/{path*}/checkpoints", "checkpoint:create", On::File),
    // Anything else in a folder of that name is a file of it.
    row("POST", "api/contents/{path*}/checkpoints/{id:word}", "checkpoint:restore", On::File),
    row("DELETE", "api/contents/{path*}/checkpoints/{id:word}", "checkpoint:delete", On::File),
    row("POST", "api/contents/{path*}/trust", "contents:trust", On::File),
    row("GET", "api/contents/{path*}", "contents:read", On::File),
    with("POST", "api/contents/{path*}", "contents:create", On::File, Body::Copy),
    with("PUT", "api/contents/{path*}", "contents:write", On::File, Body::Content),
    with("PATCH", "api/contents/{path*}", "contents:rename", On::File, Body::NewPath),
    row("DELETE", "api/contents/{path*}", "contents:delete", On::File),
    // A redirect to the route above, which is asked for itself.
    public("GET POST PUT PATCH DELETE", "api/notebooks/{rest*}"),
    row("GET", "api/kernels", "kernel:list", On::Here),
    with("POST", "api/kernels", "kernel:start", On::Spec, Body::Kernel),
    row("GET", "api/kernels/{kernel}", "kernel:read", On::Kernel),
    row("DELETE", "api/kernels/{kernel}", "kernel:stop", On::Kernel),
    row("POST", "api/kernels/{kernel}/restart", "kernel:restart", On::Kernel),
    row("POST", "api/kernels/{kernel}/interrupt", "kernel:interrupt", On::Kernel),
    row("GET", "api/kernels/{kernel}/channels", "kernel:connect", On::Kernel),
    row("GET HEAD", "kernelspecs/{spec}/{rest*}", "kernelspec:readResource", On::Spec),
    row("GET", "api/kernelspecs", "kernelspec:list", On::Here),
    row("GET", "api/kernelspecs/{spec}", "kernelspec:read", On::Spec),
    row("POST", "nbconvert/{format}", "contents:export", On::Here),
    row("GET", "nbconvert/{format}/{path*}", "contents:export", On::File),
    row("GET", "api/nbconvert", "nbconvert:listFormats", On::Here),
    public("POST", "api/security/csp-report"),
    row("GET", "api/sessions", "session:list", On::Here),
    with("POST", "api/sessions", "kernel:start", On::Spec, Body::Session),
    row("GET", "api/sessions/{session}", "session:read", On::Session),
    row("DELETE", "api/sessions/{session}", "session:delete", On::Session),
    with("PATCH", "api/sessions/{session}", "session:update", On::Session, Body::SessionChange),
    row("POST", "api/shutdown", "server:stop", On::Here),
    row("GET", "view/{path*}", "contents:download", On::File),
    row("POST", "api/events", "events:emit", On::Here),
    row("GET", "api/events/subscribe", "events:subscribe", On::Here),
    row("GET HEAD", "files/{path*}", "contents:download", On::File),
    public("GET POST", "login"),
    public("GET", "logout"),
    public("GET", "api"),
    row("GET", "metrics", "server:readMetrics", On::Here),
    row("GET", "oauth_callback", "oauth:callback", On::Here),
    row(ANY, "{rest*}", "server:other", On::Here),
];

/// Of a kernel gateway.
pub(super) const GATEWAY: &[Row] = &[
    public("GET", "api"),
    public("GET", "api/swagger.json"),
    public("GET", "api/swagger.yaml"),
    row("GET", "api/kernels", "kernel:list", On::Here),
    with("POST", "api/kernels", "kernel:start", On::Spec, Body::Kernel),
    row("GET", "api/kernels/{kernel}", "kernel:read", On::Kernel),
    row("DELETE", "api/kernels/{kernel}", "kernel:stop", On::Kernel),
    row("POST", "api/kernels/{kernel}/restart", "kernel:restart", On::Kernel),
    row("POST", "api/kernels/{kernel}/interrupt", "kernel:interrupt", On::Kernel),
    row("GET", "api/kernels/{kernel}/channels", "kernel:connect", On::Kernel),
    row("GET", "api/kernelspecs", "kernelspec:list", On::Here),
    row("GET", "api/kernelspecs/{spec}", "kernelspec:read", On::Spec),
    row("GET HEAD", "kernelspecs/{spec}/{rest*}", "kernelspec:readResource", On::Spec),
    row("GET", "api/sessions", "session:list", On::Here),
    with("POST", "api/sessions", "kernel:start", On::Spec, Body::Session),
    row("GET", "api/sessions/{session}", "session:read", On::Session),
    row("DELETE", "api/sessions/{session}", "session:delete", On::Session),
    with("PATCH", "api/sessions/{session}", "session:update", On::Session, Body::SessionChange),
    row(ANY, "{rest*}", "", On::Nobody),
];
