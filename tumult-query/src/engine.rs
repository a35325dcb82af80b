//! SQL over the data set: `DataFusion`, with the view `journals`.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::common::config::{ConfigOptions, Dialect};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use url::Url;

use crate::columns::{self, DAY, PARTITION};
use crate::dataset::DataSet;
use crate::error::Error;

/// The view.
const VIEW: &str = "journals";
/// What it is a view of.
const FILES: &str = "journal_files";

/// What a query gave.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl Rows {
    /// Its batches; an empty one when there are none, since it has columns all the same.
    pub(crate) fn some(&self) -> Vec<RecordBatch> {
        if self.batches.is_empty() { vec![RecordBatch::new_empty(self.schema.clone())] } else { self.batches.clone() }
    }
}

/// Answers a query.
///
/// # Errors
/// When it is no query, or asks for what is not there; or when the data set cannot be read.
pub(crate) fn query(data_set: &DataSet, sql: &str) -> Result<Rows, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().build();
    let runtime = runtime.map_err(|e| Error::new(format!("start the engine: {e}")))?;
    runtime.block_on(async {
        let session = session(data_set)
            .await
            .map_err(|e| Error::at("open the data set", data_set.folder(), e.strip_backtrace()))?;
        answer(&session, sql).await.map_err(|e| explained(&e))
    })
}

/// A session that knows the view and the operators of JSON.
async fn session(data_set: &DataSet) -> Result<SessionContext, DataFusionError> {
    let mut options = ConfigOptions::new();
    options.catalog.information_schema = true;
    // A point in time is one of UTC, as in the journals, wherever the query is asked.
    options.execution.time_zone = Some("UTC".to_owned());
    // `tags->>'team' IS NULL` asks of the team whether it is null; elsewhere it would ask that of the word.
    options.sql_parser.dialect = Dialect::PostgreSQL;
    // What is not known comes last in either direction, as with DuckDB: `ORDER BY … DESC LIMIT 20` is to show the
    // largest, and not what has no value.
    options.sql_parser.default_null_ordering = "nulls_last".to_owned();
    let mut session = SessionContext::new_with_config(SessionConfig::from(options));
    datafusion_functions_json::register_all(&mut session)?;

    // By way of a URL, since a path may have characters that would be taken for a pattern.
    let url = Url::from_directory_path(data_set.folder());
    let url = url.map_err(|()| DataFusionError::Execution("its path is not absolute".to_owned()))?;
    let folder = ListingTableUrl::try_new(url, None)?;
    let listing = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(".parquet")
        .with_table_partition_cols(vec![(PARTITION.to_owned(), DataType::Date32)])
        .with_session_config_options(&session.copied_config());
    let config = ListingTableConfig::new(folder).with_listing_options(listing).with_schema(columns::schema());
    session.register_table(FILES, Arc::new(ListingTable::try_new(config)?))?;

    let names: Vec<&str> = columns::of_view().filter(|name| *name != DAY).collect();
    let view = format!("CREATE VIEW {VIEW} AS SELECT {}, {PARTITION} AS {DAY} FROM {FILES}", names.join(", "));
    session.sql(&view).await?;
    Ok(session)
}

/// The rows of a query, which changes nothing.
async fn answer(session: &SessionContext, sql: &str) -> Result<Rows, DataFusionError> {
    let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = session.sql_with_options(sql, only_queries).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    // What was planned and what came differ in whether a column can be null.
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    Ok(Rows { schema, batches })
}

/// What is wrong with a query, and what it could have asked for.
fn explained(error: &DataFusionError) -> Error {
    let names: Vec<&str> = columns::of_view().collect();
    let said = error.strip_backtrace();
    let said = said.trim_end_matches('.');
    Error::new(format!("answer the query: {said}\nThe view `{VIEW}` has the columns {}", names.join(", ")))
}
