/** Clients that misbehave, and healthy ones beside them that must not notice. */
package io.epona.systemtests.robustness;
