-- Which labels stand below themselves, over kinds and parts alike?
WITH RECURSIVE up(label_id, ancestor_id) AS (
    SELECT child_id, parent_id FROM hub_labeledge
    UNION
    SELECT up.label_id, e.parent_id FROM up JOIN hub_labeledge e ON e.child_id = up.ancestor_id
)
SELECT 'label ' || label_id || ' stands below itself' AS breach FROM up WHERE label_id = ancestor_id ORDER BY label_id
