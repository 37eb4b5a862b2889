package dev.jbuild.dockerfile.ignore;

/** Stands for code of the next commits. */
final class Pending {
  private Pending() {}

  @SuppressWarnings({"DoNotCallSuggester", "TypeParameterUnusedInFormals"}) // gone with this class
  static <T> T pending() {
    throw new UnsupportedOperationException("not written yet");
  }
}
