-- Which batches are checked whole and quiet for two minutes, and their suppliers not told? One that was quiet for a day
-- was checked before anybody was told of batches.
SELECT b.id AS batch
FROM hub_batch b JOIN hub_account a ON a.id = b.supplier_id
WHERE b.received = 0 AND b.accepted + b.duplicate + b.rejected + b.review + b.failed > 0
  AND b.created_at > now() - interval '7 days' AND NOT a.invented AND a.gone_at IS NULL
  AND NOT EXISTS (SELECT FROM hub_notice n
                  WHERE n.account_id = b.supplier_id AND n.kind = 'batch_done' AND n.key = 'batch:' || b.id)
  AND (SELECT max(s.decided_at) FROM hub_submission s WHERE s.batch_id = b.id)
      BETWEEN now() - interval '1 day' AND now() - interval '2 minutes'
ORDER BY b.id
