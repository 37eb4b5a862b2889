package dev.jbuild.dockerfile.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.Glob;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher.PatternException;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher.Verdict;

/** The last line of the input is a path, those before it are patterns. */
class IgnoreFuzzTest {
  @FuzzTest
  void match(byte[] bytes) {
    String text = SourceText.decode(bytes);
    int end = text.lastIndexOf('\n');
    String path = text.substring(end + 1);
    IgnoreMatcher matcher;
    try {
      matcher = IgnoreMatcher.parse(text.substring(0, Math.max(end, 0)));
    } catch (PatternException e) {
      return;
    }
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      // What is below a pruned directory is never wanted.
      if (slash > 0
          && matcher.verdict(path.substring(0, slash)) == Verdict.PRUNED
          && !matcher.excluded(path)) {
        throw new AssertionError("pruned but not excluded: " + path);
      }
    }
    if (matcher.excluded(path) == (matcher.verdict(path) == Verdict.INCLUDED)) {
      throw new AssertionError("verdict and excluded differ: " + path);
    }
    try {
      Glob.of(path).matches(path);
    } catch (IllegalArgumentException e) {
      // Said to be malformed.
    }
  }
}
