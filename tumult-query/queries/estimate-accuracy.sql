SELECT
tags->>'team' AS team,
COUNT(*) AS experiments,
AVG(CASE WHEN estimate_outcome = actual_outcome THEN 1.0 ELSE 0.0 END) AS outcome_accuracy,
AVG(ABS(estimate_recovery_s - actual_recovery_s)) AS avg_recovery_error_s,
AVG(estimate_confidence) AS avg_confidence
FROM journals
WHERE estimate_outcome IS NOT NULL
GROUP BY tags->>'team'
ORDER BY outcome_accuracy DESC;
