/** Nodes killed at random moments under load, and everything acknowledged looked for afterwards. */
package io.epona.systemtests.kill;
