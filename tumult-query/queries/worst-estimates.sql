SELECT
experiment_title,
started_at,
estimate_outcome,
actual_outcome,
estimate_recovery_s,
recovery_duration_s AS actual_recovery_s,
ABS(estimate_recovery_s - recovery_duration_s) AS recovery_error_s,
estimate_confidence
FROM journals
WHERE estimate_outcome IS NOT NULL
AND estimate_outcome != actual_outcome
ORDER BY recovery_error_s DESC
LIMIT 20;
