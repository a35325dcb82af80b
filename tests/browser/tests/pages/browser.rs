//! Chromium without a window, as far as these tests need it.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use headless_chrome::browser::tab::Tab;
use headless_chrome::browser::tab::point::Point;
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Page};
use headless_chrome::{Browser, LaunchOptions};

/// Long: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts it.
pub(crate) fn start() -> Browser {
    let options = LaunchOptions::default_builder()
        // Root may not have Chromium's sandbox, and all that is opened are files of these tests.
        .sandbox(false)
        .window_size(Some((1440, 1150)))
        .args(vec![OsStr::new("--hide-scrollbars")])
        .idle_browser_timeout(PATIENCE)
        .build()
        .unwrap();
    Browser::new(options).unwrap_or_else(|e| panic!("failed to start Chromium: {e}; install Debian's `chromium`"))
}

/// A page that is open.
pub(crate) struct Opened<'a> {
    tab: Arc<Tab>,
    console: Arc<Mutex<Vec<String>>>,
    _browser: &'a Browser,
}

/// Opens a file and waits until the page has drawn itself.
pub(crate) fn open<'a>(browser: &'a Browser, file: &Path) -> Opened<'a> {
    let tab = browser.new_tab().unwrap();
    tab.set_default_timeout(PATIENCE);
    let console = Arc::new(Mutex::new(vec![]));
    let heard = Arc::clone(&console);
    tab.enable_runtime().unwrap().enable_log().unwrap();
    tab.add_event_listener(Arc::new(move |event: &Event| {
        let said = match event {
            Event::RuntimeExceptionThrown(e) => format!("{:?}", e.params.exception_details),
            Event::RuntimeConsoleAPICalled(e) => format!("{:?}", e.params.args),
            Event::LogEntryAdded(e) => e.params.entry.text.clone(),
            _ => return,
        };
        heard.lock().unwrap().push(said);
    }))
    .unwrap();
    tab.navigate_to(&format!("file://{}", file.display())).unwrap();
    tab.wait_until_navigated().unwrap();
    let page = Opened { tab, console, _browser: browser };
    page.until("window.tumult && tumult.opened !== null");
    page
}

impl Opened<'_> {
    fn value(&self, expression: &str) -> serde_json::Value {
        let result = self.tab.evaluate(expression, false).unwrap_or_else(|e| panic!("{expression}: {e}"));
        result.value.unwrap_or_default()
    }

    /// Does something whose value does not matter.
    pub(crate) fn run(&self, script: &str) {
        self.value(&format!("{{ {script}; }}; 0"));
    }

    pub(crate) fn number(&self, expression: &str) -> f64 {
        self.value(expression).as_f64().unwrap_or_else(|| panic!("`{expression}` is no number"))
    }

    pub(crate) fn string(&self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_else(|| panic!("`{expression}` is no text")).to_owned()
    }

    pub(crate) fn holds(&self, expression: &str) -> bool {
        self.value(&format!("!!({expression})")).as_bool().unwrap()
    }

    /// What an element says.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.string(&format!("document.querySelector({selector:?})?.textContent ?? '(no such element)'"))
    }

    fn until(&self, expression: &str) {
        let begun = Instant::now();
        while !self.holds(expression) {
            assert!(begun.elapsed() < PATIENCE, "never: {expression}; the console says {:?}", self.console());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until what was changed is drawn.
    pub(crate) fn settle(&self) {
        self.run("window.settled = 0; requestAnimationFrame(() => requestAnimationFrame(() => { settled = 1; }))");
        self.until("settled === 1");
    }

    pub(crate) fn click(&self, x: f64, y: f64) {
        self.run("tumult.answered = null");
        self.tab.click_point(Point { x, y }).unwrap();
        self.until("tumult.answered !== null");
        self.settle();
    }

    pub(crate) fn key(&self, key: &str) {
        self.tab.press_key(key).unwrap();
        self.settle();
    }

    pub(crate) fn type_text(&self, text: &str) {
        self.tab.type_str(text).unwrap();
        self.settle();
    }

    /// From now on the machine prefers dark.
    pub(crate) fn dark(&self) {
        let feature = Emulation::MediaFeature { name: "prefers-color-scheme".to_owned(), value: "dark".to_owned() };
        self.tab.call_method(Emulation::SetEmulatedMedia { media: None, features: Some(vec![feature]) }).unwrap();
        self.settle();
    }

    /// All that came to the console.
    pub(crate) fn console(&self) -> Vec<String> {
        self.console.lock().unwrap().clone()
    }

    /// Leaves a picture of the whole page where `TUMULT_SHOTS` says, if it does.
    pub(crate) fn shot(&self, name: &str) {
        let Some(folder) = env::var_os("TUMULT_SHOTS") else { return };
        let png = Page::CaptureScreenshotFormatOption::Png;
        let height = self.number("document.documentElement.scrollHeight");
        let clip = Page::Viewport { x: 0.0, y: 0.0, width: 1440.0, height, scale: 1.0 };
        let picture = self.tab.call_method(Page::CaptureScreenshot {
            format: Some(png),
            quality: None,
            clip: Some(clip),
            from_surface: Some(true),
            capture_beyond_viewport: Some(true),
            optimize_for_speed: None,
        });
        let picture = BASE64_STANDARD.decode(picture.unwrap().data).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }
}
