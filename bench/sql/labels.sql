-- Twenty thousand labels: sorts of the known ones, below those that have no kinds yet.
CREATE TEMP TABLE bench_sort AS
    SELECT l.id AS parent, w.word || ' ' || lower(l.name) AS name, l.slug || '-' || lower(w.word) AS slug
    FROM hub_label l,
         unnest(ARRAY['Red', 'Old', 'Small', 'Large', 'Wooden', 'Broken', 'Painted', 'Striped', 'Folding', 'Antique',
                      'Rusty', 'Shiny', 'Yellow', 'Blue', 'Green', 'Black', 'White', 'Grey', 'Brown', 'Plastic',
                      'Metal', 'Glass', 'Paper', 'Wild', 'Young', 'Spotted', 'Northern', 'Southern', 'Alpine', 'Common',
                      'Rare', 'Giant', 'Dwarf', 'Round', 'Square', 'Flat', 'Tall', 'Short', 'Narrow', 'Wide',
                      'Heavy', 'Light', 'Double', 'Single', 'Electric', 'Manual', 'Portable', 'Fixed', 'Open', 'Closed',
                      'Dirty', 'Clean', 'Wet', 'Dry', 'Frozen', 'Burnt', 'Curved', 'Straight', 'Smooth', 'Rough',
                      'Soft', 'Hard', 'Modern', 'Classic', 'Indoor', 'Outdoor', 'Marine', 'Urban', 'Rural', 'Domestic',
                      'Cheap', 'Costly', 'Early', 'Late', 'Loud', 'Silent', 'Fast', 'Slow', 'Warm', 'Cold']) AS w(word)
    WHERE length(l.slug) < 100
    ORDER BY md5(l.id || w.word)
    LIMIT greatest(0, %(labels)s - (SELECT count(*) FROM hub_label));
INSERT INTO hub_label (slug, name, description) SELECT slug, name, '' FROM bench_sort;
INSERT INTO hub_labelname (label_id, text) SELECT l.id, l.name FROM hub_label l JOIN bench_sort b USING (slug);
INSERT INTO hub_labeledge (child_id, parent_id, kind)
    SELECT l.id, b.parent, 'kind' FROM hub_label l JOIN bench_sort b USING (slug);
DROP TABLE bench_sort;
