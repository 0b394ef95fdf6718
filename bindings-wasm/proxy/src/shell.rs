//! The filter in a proxy: its life, and the proxy's own words.

use std::rc::Rc;
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel, MapType, MetricType};

use crate::{Door, Exchange, Host, Level, Metric, Step};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { door: None }));
}}

/// One configuration of the filter.
struct Root {
    door: Option<Rc<Door>>,
}

/// One request.
struct Stream(Exchange);

impl Context for Root {
    fn on_http_call_response(&mut self, _: u32, headers: usize, _: usize, _: usize) {
        if let Some(door) = &self.door {
            door.fetched(&Proxy, headers > 0);
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let configuration =
            hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size).ok().flatten();
        match Door::open(&Proxy, &configuration.unwrap_or_default()) {
            Some(door) => {
                _ = hostcalls::set_tick_period(door.pulse());
                self.door = Some(Rc::new(door));
                true
            }
            None => false,
        }
    }

    fn on_tick(&mut self) {
        if let Some(door) = &self.door {
            door.tick(&Proxy);
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(match &self.door {
            Some(door) => Box::new(Stream(Exchange::new(Rc::clone(door)))),
            None => Box::new(Closed),
        })
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl Context for Stream {}

// The build takes `proxy_on_done` out, so that a proxy that deletes a request calls once and not twice.
impl Drop for Stream {
    fn drop(&mut self) {
        self.0.end(&Proxy);
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, last: bool) -> Action {
        action(self.0.head(&Proxy, last))
    }

    fn on_http_request_body(&mut self, size: usize, last: bool) -> Action {
        action(self.0.body(&Proxy, size, last))
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        action(self.0.trailers(&Proxy))
    }
}

fn action(step: Step) -> Action {
    match step {
        Step::Continue => Action::Continue,
        Step::Pause => Action::Pause,
    }
}

/// A request without a configuration: nothing can be decided.
struct Closed;

impl Context for Closed {}

impl HttpContext for Closed {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        Proxy.respond(503, &[], "");
        Action::Pause
    }
}

/// The proxy that this instance runs in.
struct Proxy;

impl Host for Proxy {
    fn now(&self) -> Duration {
        let now = hostcalls::get_current_time().ok();
        let since = now.and_then(|now| now.duration_since(std::time::UNIX_EPOCH).ok());
        // Without a time everything has expired.
        since.unwrap_or(Duration::MAX)
    }

    fn headers(&self) -> Vec<(String, Vec<u8>)> {
        hostcalls::get_map_bytes(MapType::HttpRequestHeaders).unwrap_or_default()
    }

    fn replace_header(&self, name: &str, value: &str) {
        _ = hostcalls::set_map_value(MapType::HttpRequestHeaders, name, Some(value));
    }

    fn remove_header(&self, name: &str) {
        _ = hostcalls::remove_map_value(MapType::HttpRequestHeaders, name);
    }

    fn body(&self, most: usize) -> Vec<u8> {
        let body = hostcalls::get_buffer(BufferType::HttpRequestBody, 0, most);
        body.ok().flatten().unwrap_or_default()
    }

    fn property(&self, path: &[&str]) -> Option<Vec<u8>> {
        hostcalls::get_property(path.to_vec()).ok().flatten()
    }

    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.to_vec();
        _ = hostcalls::send_http_response(u32::from(status), headers, Some(body.as_bytes()));
    }

    fn shared(&self, name: &str) -> (Option<Vec<u8>>, Option<u32>) {
        hostcalls::get_shared_data(name).unwrap_or_default()
    }

    fn share(&self, name: &str, value: &[u8], state: Option<u32>) -> bool {
        hostcalls::set_shared_data(name, Some(value), state).is_ok()
    }

    fn fetch(&self, cluster: &str, headers: &[(&str, &str)], timeout: Duration) -> bool {
        let (headers, none) = (headers.to_vec(), Vec::new());
        hostcalls::dispatch_http_call(cluster, headers, None, none, timeout).is_ok()
    }

    fn fetched(&self, most: usize) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
        let headers = hostcalls::get_map_bytes(MapType::HttpCallResponseHeaders);
        let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, most);
        (headers.unwrap_or_default(), body.ok().flatten().unwrap_or_default())
    }

    fn log(&self, level: Level, line: &str) {
        let level = match level {
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        _ = hostcalls::log(level, line);
    }

    fn metric(&self, kind: Metric, name: &str) -> u32 {
        let kind = match kind {
            Metric::Counter => MetricType::Counter,
            Metric::Gauge => MetricType::Gauge,
        };
        hostcalls::define_metric(kind, name).unwrap_or(u32::MAX)
    }

    fn count(&self, metric: u32, more: u32) {
        _ = hostcalls::increment_metric(metric, i64::from(more));
    }

    fn gauge(&self, metric: u32, value: u64) {
        _ = hostcalls::record_metric(metric, value);
    }
}
