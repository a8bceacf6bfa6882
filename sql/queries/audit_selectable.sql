-- What do selections see otherwise than it is?
WITH so AS (
    SELECT image_id, label_id, supplier_id, group_id, given_on, side, verified, grouped, several, licence, country, flags
    FROM hub_true_selectable
), wrong AS (
    SELECT image_id, label_id, 'seen though it is not so' AS how FROM (TABLE hub_selectable EXCEPT TABLE so) AS more
    UNION ALL
    SELECT image_id, label_id, 'not seen as it is' FROM (TABLE so EXCEPT TABLE hub_selectable) AS less
)
SELECT 'image ' || image_id || ' under label ' || label_id || ': ' || string_agg(how, ', ' ORDER BY how) AS breach
FROM wrong GROUP BY image_id, label_id ORDER BY image_id, label_id
