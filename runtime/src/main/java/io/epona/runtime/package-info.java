/** What every agent of a node needs: signals and idle strategies, threads, clocks, counters, the error log. */
package io.epona.runtime;
