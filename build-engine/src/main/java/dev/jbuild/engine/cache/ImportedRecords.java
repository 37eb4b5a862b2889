package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import java.util.List;
import java.util.Optional;

/**
 * Results that other builds made and shared. Nothing is asked of anyone before the first call;
 * calls may block. What is wrong with a cache never fails a call: it is left out. Safe for use by
 * many threads.
 */
public interface ImportedRecords {

  /** No cache at all. */
  ImportedRecords NONE =
      new ImportedRecords() {
        @Override
        public Optional<CacheRecord> find(Digest key) {
          return Optional.empty();
        }

        @Override
        public List<CacheRecord> ofStep(String stepId) {
          return List.of();
        }
      };

  /**
   * The result under a definition or content key. Those of its layers that the store has not are
   * offered to the store, and fetched only when something needs their content.
   */
  Optional<CacheRecord> find(Digest key);

  /** Whatever is known of a step, for a comparison with what it is now. */
  List<CacheRecord> ofStep(String stepId);
}
