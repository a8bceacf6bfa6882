-- Vectors of pictures: halfvec with an index where the server has pgvector (and lets us have it), else their bytes
-- (half floats, most significant byte first: what halfvec_send gives after its head), which a worker compares.
DO $$
DECLARE
    width integer;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS vector;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'no pgvector: %', SQLERRM;
    END;
    IF to_regtype('halfvec') IS NULL THEN
        ALTER TABLE hub_embedding ADD COLUMN vector bytea;
        ALTER TABLE hub_embedding ALTER COLUMN vector SET STORAGE EXTERNAL;
        RETURN;
    END IF;
    ALTER TABLE hub_embedding ADD COLUMN vector halfvec;
    -- In the row itself: a search reads them all.
    ALTER TABLE hub_embedding ALTER COLUMN vector SET STORAGE PLAIN;
    FOREACH width IN ARRAY ARRAY[512, 2048] LOOP  -- of VGG; of Inception and Xception
        EXECUTE format('CREATE INDEX embeddings_of_%s ON hub_embedding USING hnsw '
                       '((vector::halfvec(%s)) halfvec_cosine_ops) WHERE vector_dims(vector) = %s',
                       width, width, width);
    END LOOP;
END $$;

-- What tells of a picture goes with it, whoever takes it down.
CREATE OR REPLACE FUNCTION hub_image_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hub_embedding WHERE image_id = NEW.id;
    DELETE FROM hub_neighbour WHERE image_id = NEW.id;
    DELETE FROM hub_neighbour WHERE other_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER image_leaves AFTER UPDATE OF withdrawn_at ON hub_image
    FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION hub_image_leaves();
