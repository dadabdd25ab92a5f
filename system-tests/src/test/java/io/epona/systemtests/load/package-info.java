/** Producers that never give up, and the books of what they were told, kept outside of the nodes under test. */
package io.epona.systemtests.load;
