package dev.jbuild.engine.event;

import dev.jbuild.dockerfile.ast.SourceSpan;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One row of a build's progress: a vertex of the graph, or work on a result such as an export.
 *
 * @param id stable within the build and, for an unchanged Dockerfile, across builds: {@code
 *     <stage>/<number>} such as {@code build/3}; what {@code jbuild explain} and {@code jbuild
 *     shell} take. Work beside the stages has a colon in its id, {@code export:0}, which no name of
 *     a stage can have
 * @param name as shown to a person: {@code [build 2/5] RUN make}
 * @param span the Dockerfile lines it comes from; null for work without a line, such as an export
 */
public record Step(String id, String name, @Nullable SourceSpan span) {

  public Optional<SourceSpan> source() {
    return Optional.ofNullable(span);
  }
}
