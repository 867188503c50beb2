// The program: your library, as library.mjs drives it. All that speaks the protocol is in yamux-shim.

import * as library from './library.mjs';
import { serve } from './yamux-shim/main.mjs';

serve(library);
