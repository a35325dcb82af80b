//! The command line, and the variables of OpenTelemetry that stand for it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::error::Error;

/// Sends the journals of runs to an OpenTelemetry collector.
#[derive(Debug, Parser)]
#[command(name = "cargo tumult export", version)]
struct Cli {
    /// The collector [default: `OTEL_EXPORTER_OTLP_ENDPOINT`, else the usual port on this machine].
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// How it is spoken to [default: `OTEL_EXPORTER_OTLP_PROTOCOL`, else grpc].
    #[arg(long)]
    protocol: Option<Protocol>,
    /// The folder of artifacts [default: `TUMULT_OUT`, else target/tumult].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Sends what was sent there before, too.
    #[arg(long)]
    again: bool,
    /// A collector that cannot be reached is an error, and not a warning.
    #[arg(long)]
    strict: bool,
    /// How long one answer may take, in seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) endpoint: String,
    pub(crate) protocol: Protocol,
    pub(crate) out: PathBuf,
    pub(crate) again: bool,
    pub(crate) strict: bool,
    timeout_s: u64,
}

/// The two ways of OTLP that every collector speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// Protobuf in the body of a POST.
    #[value(name = "http/protobuf")]
    Http,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        })
    }
}

impl Protocol {
    /// Where a collector listens when nobody says otherwise.
    fn usual(self) -> &'static str {
        match self {
            Self::Grpc => "http://localhost:4317",
            Self::Http => "http://localhost:4318",
        }
    }
}

impl Args {
    /// What this process is to do. A wrong command line ends the process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Self::read(Cli::parse(), &|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn read(cli: Cli, lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let text = |name: &str| lookup(name).map(|value| value.to_string_lossy().into_owned());
        let protocol = match (cli.protocol, text("OTEL_EXPORTER_OTLP_PROTOCOL").as_deref()) {
            (Some(protocol), _) => protocol,
            (None, None | Some("grpc")) => Protocol::Grpc,
            (None, Some("http/protobuf")) => Protocol::Http,
            (None, Some(other)) => {
                let fix = "write grpc or http/protobuf";
                return Err(Error::new(format!("read the variable OTEL_EXPORTER_OTLP_PROTOCOL=`{other}`: {fix}")));
            }
        };
        let endpoint = cli.endpoint.or_else(|| text("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let endpoint = endpoint.unwrap_or_else(|| protocol.usual().to_owned());
        if !(endpoint.starts_with("http://") || endpoint.starts_with("https://")) {
            let fix = format!("write it with http:// or https://, as {}", protocol.usual());
            return Err(Error::new(format!("read the endpoint `{endpoint}`: {fix}")));
        }
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            protocol,
            out: cli.out.or_else(|| lookup("TUMULT_OUT").map(PathBuf::from)).unwrap_or_else(|| "target/tumult".into()),
            again: cli.again,
            strict: cli.strict,
            timeout_s: cli.timeout,
        })
    }

    /// How long one answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, variables: &[(&str, &str)]) -> Result<Args, Error> {
        let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|e| Error::new(e.to_string()))?;
        Args::read(cli, &|name| variables.iter().find(|v| v.0 == name).map(|v| v.1.into()))
    }

    #[test]
    fn the_command_line_goes_before_the_variables_and_those_before_the_defaults() {
        let usual = read("export", &[]).unwrap();
        assert_eq!((&*usual.endpoint, usual.protocol), ("http://localhost:4317", Protocol::Grpc));
        let variables = [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("TUMULT_OUT", "/out")];
        let by_variable = read("export", &variables).unwrap();
        assert_eq!((&*by_variable.endpoint, by_variable.protocol), ("http://localhost:4318", Protocol::Http));
        assert_eq!(by_variable.out, PathBuf::from("/out"));
        let by_line = read("export --protocol grpc --endpoint https://c:1/ --out here", &variables).unwrap();
        assert_eq!((&*by_line.endpoint, by_line.protocol), ("https://c:1", Protocol::Grpc));
        assert_eq!(by_line.out, PathBuf::from("here"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_fix() {
        let protocol = read("export", &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]).unwrap_err().to_string();
        assert!(protocol.contains("http/json") && protocol.contains("write grpc or"), "{protocol}");
        let endpoint = read("export --endpoint localhost:4317", &[]).unwrap_err().to_string();
        assert!(endpoint.contains("`localhost:4317`") && endpoint.contains("http://"), "{endpoint}");
        assert!(read("export --timeout 0", &[]).is_err());
    }
}
