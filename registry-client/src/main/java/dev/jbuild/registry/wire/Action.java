package dev.jbuild.registry.wire;

import dev.jbuild.registry.RepositoryName;

/**
 * What a request is for, in the words of its failure: {@code pull manifest latest of
 * ghcr.io/team/app}.
 *
 * @param host as the image name spells it
 */
record Action(String verb, String object, String host, String path) {
  static Action of(String verb, String object, RepositoryName repository) {
    return new Action(verb, object, repository.host(), repository.path());
  }

  static Action ofHost(String verb, String object, String host) {
    return new Action(verb, object, host, "");
  }

  @Override
  public String toString() {
    return verb + " " + object + (path.isEmpty() ? " " + host : " of " + host + "/" + path);
  }
}
