package dev.jbuild.layer;

import java.io.IOException;

/** Takes changes in tree order. */
@FunctionalInterface
public interface ChangeSink {
  void accept(TreeChange change) throws IOException;
}
