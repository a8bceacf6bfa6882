-- Use so much of an account's quota of a day, unless that is more than there is: a row when it was used, else none.
INSERT INTO hub_use AS u (account_id, day, what, amount)
SELECT %(account)s, %(day)s, %(what)s, %(amount)s WHERE %(amount)s::bigint <= %(most)s::bigint
ON CONFLICT (account_id, day, what) DO UPDATE SET amount = u.amount + excluded.amount
WHERE u.amount + excluded.amount <= %(most)s::bigint
RETURNING amount
