WITH ranked AS (
SELECT
target_system,
started_at,
recovery_duration_s,
LAG(recovery_duration_s) OVER (
PARTITION BY target_system ORDER BY started_at
) AS prev_recovery_s
FROM journals
WHERE status = 'completed' AND recovery_duration_s IS NOT NULL
)
SELECT
target_system,
COUNT(*) AS runs,
AVG(recovery_duration_s - prev_recovery_s) AS avg_delta_s,
CASE
WHEN AVG(recovery_duration_s - prev_recovery_s) > 5.0 THEN 'DEGRADING'
WHEN AVG(recovery_duration_s - prev_recovery_s) < -5.0 THEN 'IMPROVING'
ELSE 'STABLE'
END AS trend
FROM ranked
WHERE prev_recovery_s IS NOT NULL
GROUP BY target_system
ORDER BY avg_delta_s DESC;
