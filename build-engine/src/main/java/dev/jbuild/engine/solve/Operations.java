package dev.jbuild.engine.solve;

import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.oci.Digest;
import java.util.List;

/**
 * What the solver asks of the operations. Implementations are safe for use by many threads; all
 * methods may block and answer to interruption.
 */
public interface Operations {

  /**
   * The key made of what the step says and of how its inputs came to be; needs no input's result.
   *
   * @param inputs the inputs' definition keys
   */
  CacheKey definitionKey(Vertex vertex, List<Digest> inputs) throws Exception;

  /**
   * The key made of what the step says and of what its inputs hold, however they came to be.
   *
   * @param inputs the inputs' results
   */
  CacheKey contentKey(Vertex vertex, List<Result> inputs) throws Exception;

  /**
   * Makes the result; only called for operations that make a layer.
   *
   * @return the whole stack of layers after the step
   */
  List<StackLayer> execute(Vertex vertex, List<Result> inputs) throws Exception;

  /** Whether every layer can still be had, from the store or from where its image came from. */
  boolean available(List<StackLayer> layers);
}
