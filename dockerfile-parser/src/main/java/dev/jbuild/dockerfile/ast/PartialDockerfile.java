package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Set;

/**
 * What could be read of a Dockerfile, for judging it although other parts of it are wrong. It is
 * never built: what is missing may have said anything.
 *
 * @param tree the instructions that could be read; a FROM that could not stands in it with an empty
 *     image name, which no file can write
 * @param globalsWhole whether all ARGs before the first FROM are there
 * @param stagesWhole whether all stages are there, each with what its FROM says
 * @param unread the stages whose FROM could not be read
 * @param gaps for each stage with something missing, how many of its instructions precede that
 */
public record PartialDockerfile(
    Dockerfile tree,
    boolean globalsWhole,
    boolean stagesWhole,
    Set<Integer> unread,
    Map<Integer, Integer> gaps) {
  public PartialDockerfile {
    requireNonNull(tree);
    unread = Set.copyOf(unread);
    gaps = Map.copyOf(gaps);
  }

  /** A file that could be read as a whole. */
  public static PartialDockerfile whole(Dockerfile tree) {
    return new PartialDockerfile(tree, true, true, Set.of(), Map.of());
  }

  /** As this one, without trust in the ARGs before the first FROM. */
  public PartialDockerfile withoutGlobals() {
    return new PartialDockerfile(tree, false, stagesWhole, unread, gaps);
  }
}
