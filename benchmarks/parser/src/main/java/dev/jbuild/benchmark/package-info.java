/** JMH benchmarks. Run them on an idle machine. */
@NullMarked
package dev.jbuild.benchmark;

import org.jspecify.annotations.NullMarked;
