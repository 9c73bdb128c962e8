export async function offer() {}
