/** Starts, refusals to start and stops as a user meets them: exit status, messages, files. */
package io.epona.systemtests.start;
