package dev.jbuild.sandbox;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a step used, its descendants included. Values that need a cgroup are absent where none could
 * be had.
 *
 * @param wall time from start to the death of the last process
 * @param userCpu time in user mode
 * @param systemCpu time in the kernel
 * @param memoryPeakBytes the cgroup's peak; without a cgroup the largest resident set of any one
 *     process
 * @param memoryPeakIsTotal whether the peak is of all processes together (a cgroup measured it)
 * @param ioReadBytes bytes read from block devices
 * @param ioWriteBytes bytes written to block devices
 * @param pidsPeak largest number of tasks at once
 */
public record ResourceUsage(
    Duration wall,
    Duration userCpu,
    Duration systemCpu,
    long memoryPeakBytes,
    boolean memoryPeakIsTotal,
    OptionalLong ioReadBytes,
    OptionalLong ioWriteBytes,
    OptionalLong pidsPeak) {}
