// Every page uses the one layout.
export default "base.11ty.js";
