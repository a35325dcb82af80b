SELECT
experiment_title,
DATE_TRUNC('day', started_at) AS run_date,
AVG(recovery_duration_s) AS avg_recovery_s,
MIN(recovery_duration_s) AS best_recovery_s,
MAX(recovery_duration_s) AS worst_recovery_s,
COUNT(*) AS run_count
FROM journals
WHERE started_at > CURRENT_TIMESTAMP - INTERVAL '30 days'
GROUP BY experiment_title, run_date
ORDER BY experiment_title, run_date;
