-- Which groups of the kept images share a batch, supplier or place, directly or through others? They become one.
-- Each round every group and every key takes the least name among its own, until none changes.
DO $$
DECLARE
    changed bigint := 1;
    pulled bigint;
BEGIN
    CREATE TEMP TABLE hub_tied ON COMMIT DROP AS
        SELECT DISTINCT k.group_id, key, key AS root
        FROM hub_kept k JOIN hub_image i ON i.id = k.image_id,
             LATERAL (SELECT CASE %(together)s WHEN 'batch' THEN i.batch_id WHEN 'supplier' THEN i.supplier_id
                                               ELSE i.place_id END) AS c(key)
        WHERE key IS NOT NULL;
    WHILE changed > 0 LOOP
        UPDATE hub_tied t SET root = least_of.root
        FROM (SELECT group_id, min(root) AS root FROM hub_tied GROUP BY 1) AS least_of
        WHERE least_of.group_id = t.group_id AND least_of.root < t.root;
        GET DIAGNOSTICS changed = ROW_COUNT;
        UPDATE hub_tied t SET root = least_of.root
        FROM (SELECT key, min(root) AS root FROM hub_tied GROUP BY 1) AS least_of
        WHERE least_of.key = t.key AND least_of.root < t.root;
        GET DIAGNOSTICS pulled = ROW_COUNT;
        changed := changed + pulled;
    END LOOP;
    UPDATE hub_kept k SET group_id = -t.root
    FROM (SELECT DISTINCT group_id, root FROM hub_tied) AS t WHERE t.group_id = k.group_id;
    DROP TABLE hub_tied;
END $$
