-- How many images of the version that is being frozen were judged not to show each label?
SELECT label, count(*) AS images FROM hub_denied, unnest(labels) AS label GROUP BY label ORDER BY label
