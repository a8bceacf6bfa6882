-- The closure of kind-of edges is kept by triggers; no cycle can enter, over kinds and parts alike.
CREATE FUNCTION hub_label_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hub_labelpath (ancestor_id, descendant_id, depth) VALUES (NEW.id, NEW.id, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER label_joins AFTER INSERT ON hub_label FOR EACH ROW EXECUTE FUNCTION hub_label_joins();

CREATE FUNCTION hub_edge_must_not_close_a_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time: two edges inserted side by side could otherwise close a cycle that neither sees.
    PERFORM pg_advisory_xact_lock(hashtext('hub_label_edge'));
    IF EXISTS (
        WITH RECURSIVE up(id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT e.parent_id FROM hub_labeledge e JOIN up ON e.child_id = up.id
        )
        SELECT FROM up WHERE id = NEW.child_id
    ) THEN
        RAISE EXCEPTION 'label % cannot stand below its own descendant %', NEW.child_id, NEW.parent_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'the_label_hierarchy_has_no_cycle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER edge_must_not_close_a_cycle BEFORE INSERT OR UPDATE ON hub_labeledge
    FOR EACH ROW EXECUTE FUNCTION hub_edge_must_not_close_a_cycle();

CREATE FUNCTION hub_edge_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hub_labelpath (ancestor_id, descendant_id, depth)
    SELECT a.ancestor_id, d.descendant_id, min(a.depth + 1 + d.depth)
    FROM hub_labelpath a, hub_labelpath d
    WHERE a.descendant_id = NEW.parent_id AND d.ancestor_id = NEW.child_id
    GROUP BY 1, 2
    ON CONFLICT (descendant_id, ancestor_id)
        DO UPDATE SET depth = least(hub_labelpath.depth, excluded.depth);
    RETURN NULL;
END $$;
CREATE TRIGGER edge_joins AFTER INSERT ON hub_labeledge
    FOR EACH ROW WHEN (NEW.kind = 'kind') EXECUTE FUNCTION hub_edge_joins();

-- What the closure should be, from the edges alone: the audit compares, the trigger below rebuilds from it.
CREATE VIEW hub_true_labelpath AS
WITH RECURSIVE path(ancestor_id, descendant_id, depth) AS (
    SELECT id, id, 0 FROM hub_label
    UNION
    SELECT e.parent_id, p.descendant_id, p.depth + 1
    FROM path p JOIN hub_labeledge e ON e.child_id = p.ancestor_id AND e.kind = 'kind'
)
SELECT ancestor_id, descendant_id, min(depth)::smallint AS depth FROM path GROUP BY 1, 2;

CREATE FUNCTION hub_edge_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hub_labelpath;
    INSERT INTO hub_labelpath (ancestor_id, descendant_id, depth)
        SELECT ancestor_id, descendant_id, depth FROM hub_true_labelpath;
    RETURN NULL;
END $$;
-- Rare and small, so the whole closure is made anew.
CREATE TRIGGER edge_leaves AFTER DELETE OR UPDATE ON hub_labeledge
    FOR EACH STATEMENT EXECUTE FUNCTION hub_edge_leaves();
