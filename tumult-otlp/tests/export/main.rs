//! Runs of simulated systems are sent to receivers in other processes, by both protocols, and arrive as they were.

mod planted;
mod receiver;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use receiver::Receiver;

/// Runs left by the planted experiments.
static RUNS: LazyLock<tempfile::TempDir> = LazyLock::new(left);

fn left() -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["planted::", "--include-ignored", "--test-threads=1"]).env("TUMULT_OUT", out.path());
    for name in ["CI", "TUMULT_SEED", "TUMULT_SEEDS", "TUMULT_REPLAY", "TUMULT_SHARD", "TUMULT_CHECK"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("planted::crashes ... ok") && said.contains("planted::violates ... FAILED"), "{said}");
    out
}

fn export(endpoint: &str, protocol: &str, out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-tumult-export"));
    command.args(["--endpoint", endpoint, "--protocol", protocol, "--out"]).arg(out).args(more);
    command.output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The spans of a request.
fn spans(request: &Value) -> &Vec<Value> {
    request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap()
}

/// The attribute of a span, event or point.
fn attribute<'a>(of: &'a Value, key: &str) -> Option<&'a Value> {
    let own = of["attributes"].as_array()?.iter().find(|a| a["key"] == key)?;
    own["value"].as_object()?.values().next()
}

/// Both runs arrive: the right spans with the right parents at virtual times, and each sample once.
fn arrives(protocol: &str) {
    let receiver = Receiver::start(protocol);
    let sent = export(&receiver.endpoint(), protocol_name(protocol), RUNS.path(), &[]);
    assert!(sent.status.success(), "{}", stderr(&sent));
    assert_eq!(String::from_utf8_lossy(&sent.stdout).split(" sent").next(), Some("2 runs"));
    let got = receiver.stop();
    let of = |path: &str| got.iter().filter(|(p, _)| p == path).map(|(_, r)| r).collect::<Vec<_>>();
    let (traces, metrics) = (of("/v1/traces"), of("/v1/metrics"));
    assert_eq!((traces.len(), metrics.len()), (2, 2), "{got:?}");
    for request in &traces {
        let journal = journal_of(request);
        checks(&journal, spans(request));
    }
    for request in &metrics {
        let points = request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["gauge"]["dataPoints"].as_array();
        // One a second for 10 s of BASELINE, 30 s of DURING and 10 s of POST; those that failed are no points.
        let points = points.unwrap();
        assert!(points.len() > 20, "{points:?}");
        let at = |n: usize| points[n]["timeUnixNano"].as_str().unwrap().parse::<u64>().unwrap();
        assert_eq!(at(1) - at(0), 1_000_000_000, "virtual time");
        assert_eq!(attribute(&points[0], "resilience.phase").unwrap(), "baseline");
    }
}

fn protocol_name(protocol: &str) -> &str {
    if protocol == "http" { "http/protobuf" } else { "grpc" }
}

/// The journal whose title the first span names.
fn journal_of(request: &Value) -> tumult_sim::journal::Journal {
    let title = attribute(&spans(request)[0], "resilience.experiment.title").unwrap().as_str().unwrap();
    let runs = tumult_sim::journal::history(RUNS.path()).runs;
    runs.into_iter().map(|run| run.journal).find(|j| j.experiment_title == title).expect("it was sent from there")
}

fn checks(journal: &tumult_sim::journal::Journal, spans: &[Value]) {
    let named = |name: &str| spans.iter().filter(|s| s["name"] == name).collect::<Vec<_>>();
    let root = named("resilience.experiment")[0];
    assert_eq!(root["startTimeUnixNano"].as_str().unwrap(), journal.started_at_ns.to_string());
    assert_eq!(root["endTimeUnixNano"].as_str().unwrap(), journal.ended_at_ns.to_string());
    assert_eq!(attribute(root, "resilience.experiment.status").unwrap(), &journal.status.to_string());
    for span in &spans[1..] {
        assert_eq!(span["parentSpanId"], root["spanId"]);
        assert_eq!(span["traceId"], root["traceId"]);
    }
    for phase in &journal.phases {
        let span = named(&format!("resilience.phase.{}", phase.phase))[0];
        assert_eq!(span["startTimeUnixNano"].as_str().unwrap(), phase.started_at_ns.to_string());
    }
    let fault = named("resilience.fault")[0];
    assert_eq!(fault["startTimeUnixNano"].as_str().unwrap(), journal.faults[0].injected_epoch_ns.unwrap().to_string());
    assert!(attribute(fault, "resilience.fault.plan").unwrap().as_str().unwrap().contains("server"));
    // Breaches are events of the span of DURING, as many as the journal counts.
    let during = named("resilience.phase.during")[0];
    let breaches = during["events"].as_array().unwrap().iter().filter(|e| e["name"] == "resilience.breach").count();
    assert_eq!(breaches as u64, journal.during.as_ref().unwrap().probes[0].threshold_breaches);
    let violations = root["events"].as_array().map_or(0, Vec::len);
    assert_eq!(violations, journal.verify.violated.len());
}

#[test]
fn runs_arrive_by_grpc() {
    arrives("grpc");
}

#[test]
fn runs_arrive_by_http() {
    arrives("http");
}

#[test]
fn a_run_is_sent_once_to_each_collector_and_again_when_asked() {
    let out = left();
    let receiver = Receiver::start("http");
    let count = |more: &[&str]| {
        let sent = export(&receiver.endpoint(), "http/protobuf", out.path(), more);
        assert!(sent.status.success(), "{}", stderr(&sent));
        String::from_utf8_lossy(&sent.stdout).split(' ').next().unwrap().to_owned()
    };
    assert_eq!([count(&[]), count(&[]), count(&["--again"])], ["2", "0", "2"]);
    let got = receiver.stop();
    let traces: Vec<_> = got.iter().filter(|(path, _)| path == "/v1/traces").map(|(_, r)| r).collect();
    assert_eq!(traces.len(), 4);
    assert_eq!(traces[0], traces[2], "sent again, it is the same trace");
}

#[test]
fn without_a_collector_there_is_a_warning_and_nothing_is_lost() {
    let out = left();
    for protocol in ["grpc", "http/protobuf"] {
        // Nobody listens there: port 1 is nobody's on loopback.
        let sent = export("http://127.0.0.1:1", protocol, out.path(), &[]);
        assert!(sent.status.success(), "{}", stderr(&sent));
        let said = stderr(&sent);
        assert!(said.starts_with("warning: failed to send to http://127.0.0.1:1"), "{said}");
        assert!(said.contains("2 runs stay unsent"), "{said}");
        let strict = export("http://127.0.0.1:1", protocol, out.path(), &["--strict"]);
        assert!(!strict.status.success());
    }
    let receiver = Receiver::start("grpc");
    let sent = export(&receiver.endpoint(), "grpc", out.path(), &[]);
    assert!(String::from_utf8_lossy(&sent.stdout).starts_with("2 runs sent"), "{}", stderr(&sent));
}

#[test]
fn a_damaged_journal_is_named_and_the_rest_is_sent() {
    let out = left();
    let runs = tumult_sim::journal::history(out.path()).runs;
    std::fs::write(runs[0].journal_path(), "{ half").unwrap();
    let receiver = Receiver::start("http");
    let sent = export(&receiver.endpoint(), "http/protobuf", out.path(), &[]);
    assert!(sent.status.success());
    assert!(stderr(&sent).contains("warning: skipped") && stderr(&sent).contains("journal.json"), "{}", stderr(&sent));
    assert!(String::from_utf8_lossy(&sent.stdout).starts_with("1 runs sent"));
}
